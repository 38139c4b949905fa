"""List the search spaces, or describe one layer by layer."""

from __future__ import annotations

from typing import Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.tables import Column, Output, Table, add_format_option, chosen_format, write_tables

EXAMPLE = "autosnn-ray spaces digits_16"
AFTER_INTERRUPT = "Nothing was changed."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("space", type=str | None, nargs="?", default=None, help="name of a space, or a TOML file")
    add_format_option(parser)


def run(options: Namespace) -> None:
    """Prints the spaces, or one of them."""
    form = chosen_format(options)
    write_tables(_all() if options.space is None else _one(options.space), form)


def _all() -> Output:
    from autosnn_ray.own_packages import search_spaces

    records = []
    for name in search_spaces.names():
        space = search_spaces.load(name)
        records.append(
            {
                "name": name,
                "slots": len(space.slots),
                "architectures": space.size,
                "input": (space.in_channels, *space.input_size),
                "choices": space.slots[0].choices,
            }
        )
    columns = [
        Column("name", title="space"),
        Column("slots"),
        Column("architectures", lambda count: f"{count:,}"),
        Column("input", lambda size: "x".join(map(str, size))),
        Column("choices", ", ".join),
    ]
    hand_made = search_spaces.hand_made()
    notes = [
        f"hand-made networks, spaces without a slot: {', '.join(hand_made)}",
        "one of them in detail: autosnn-ray spaces NAME; your own: autosnn-ray spaces FILE.toml",
    ]
    return Output([Table("spaces", columns, records, notes=notes)], {"hand_made": hand_made})


def _one(name: str) -> Output:
    from autosnn_ray.own_packages import search_spaces

    space = search_spaces.load(name)
    records: list[dict[str, Any]] = [_row("stem", space.stem, space.channels)]
    slots = 0
    for layer in space.layers:
        what = f"slot {slots}" if layer.is_slot else layer.kind
        slots += layer.is_slot
        records.append(_row(what, "", layer.channels, layer.stride, layer.choices))
    records += [_row("hidden", "linear", width) for width in space.hidden]
    held = f"{space.size:,} architectures" if space.slots else "one network, no slots"
    title = f"{space.name}: {held}, stem {space.stem}, head {space.head}"
    columns = [
        Column("layer"),
        Column("kind"),
        Column("channels"),
        Column("stride", lambda stride: "" if stride is None else str(stride)),
        Column("choices", ", ".join),
    ]
    about = {"name": space.name, "architectures": space.size, "head": space.head}
    return Output([Table("layers", columns, records, title)], about)


def _row(
    layer: str, kind: str, channels: int, stride: int | None = None, choices: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {"layer": layer, "kind": kind, "channels": channels, "stride": stride, "choices": choices}
