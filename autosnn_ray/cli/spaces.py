"""List the search spaces, or describe one layer by layer."""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

AFTER_INTERRUPT = "Nothing was changed."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("space", type=str | None, nargs="?", default=None, help="name of a space, or a TOML file")


def run(options: Namespace) -> None:
    """Prints the spaces, or one of them."""
    import search_spaces
    from autosnn_ray.cli.console import console, print_rows

    if options.space is None:
        rows = []
        for name in search_spaces.names():
            space = search_spaces.load(name)
            size = "x".join(map(str, (space.in_channels, *space.input_size)))
            rows.append([name, f"{len(space.slots)}", f"{space.size:,}", size, ", ".join(space.slots[0].choices)])
        print_rows(["space", "slots", "architectures", "input", "choices"], rows)
        console.print(f"hand-made networks, spaces without a slot: {', '.join(search_spaces.hand_made())}")
        console.print("one of them in detail: autosnn-ray spaces NAME; your own: autosnn-ray spaces FILE.toml")
        return
    space = search_spaces.load(options.space)
    held = f"{space.size:,} architectures" if space.slots else "one network, no slots"
    console.print(f"{space.name}: {held}, stem {space.stem}, head {space.head}")
    rows = [["stem", space.stem, str(space.channels), "", ""]]
    slot = 0
    for layer in space.layers:
        what = f"slot {slot}" if layer.is_slot else layer.kind
        slot += layer.is_slot
        rows.append([what, "", str(layer.channels), str(layer.stride), ", ".join(layer.choices)])
    rows += [["hidden", "linear", str(width), "", ""] for width in space.hidden]
    print_rows(["layer", "kind", "channels", "stride", "choices"], rows)
