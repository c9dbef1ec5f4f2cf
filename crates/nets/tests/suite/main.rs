//! The networks against torch, and the weight files. `tools/fixtures_nets.py` makes what is in `tests/fixtures`.

mod adam;
mod files;
mod fixture;
mod networks;
mod parity;
