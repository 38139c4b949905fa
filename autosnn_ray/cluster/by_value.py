"""Code of a user's own on its way to other machines, which do not have its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pickle import PicklingError

from ray import cloudpickle

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.own_code import modules_of_ones_own


@contextmanager
def own_code_by_value() -> Iterator[None]:
    """Lets what is pickled in the block carry the code of modules that registered something, or were imported for it.

    Raises:
        InvalidInputError: Something in them cannot be sent.
    """
    modules = modules_of_ones_own()
    with ExitStack() as stack:
        for module in modules:
            if module.__name__ not in cloudpickle.list_registry_pickle_by_value():
                cloudpickle.register_pickle_by_value(module)
                stack.callback(cloudpickle.unregister_pickle_by_value, module)
        try:
            yield
        except (TypeError, PicklingError) as error:
            if not modules or "pickle" not in str(error):
                raise
            reason = str(error.__cause__ or error).splitlines()[0]
            raise InvalidInputError(
                f"code of your own ({', '.join(module.__name__ for module in modules)}) cannot be sent to the "
                f"processes that evaluate: {reason}. Make it where it is used, or install the module on "
                "every machine"
            ) from error
