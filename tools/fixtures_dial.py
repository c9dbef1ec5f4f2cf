"""Makes crates/nets/tests/fixtures/{generator,discriminator}_told*.safetensors: what torch computes with the networks that are told how
hard a tile is to be by a fourth input plane.

Run: python tools/fixtures_dial.py        (what fixtures_nets.py needs; seconds)

They are those of fixtures_nets.py with a first convolution of four inputs, and no norm after the generator's.
"""

from torch import nn

from fixtures_nets import OUT, Discriminator, Generator, results, write_safetensors


def told(network: nn.Module, first: int) -> nn.Module:
    """The network with one more input of the convolution at `first`."""
    plain = network.model[first]
    network.model[first] = nn.Conv2d(4, plain.out_channels, plain.kernel_size, plain.stride, plain.padding)
    return network


def generator(width: int, blocks: int) -> nn.Module:
    network = told(Generator(width, blocks), 1)
    # What stands in its place keeps the numbers that name the layers behind it.
    network.model[2] = nn.Identity()
    return network


def main() -> None:
    for px in (20, 18):
        write_safetensors(OUT / f"generator_told_{px}.safetensors", results(generator(4, 2), (1, 4, px, px), True))
    write_safetensors(OUT / "discriminator_told.safetensors", results(told(Discriminator(4), 0), (2, 4, 40, 40), True))


if __name__ == "__main__":
    main()
