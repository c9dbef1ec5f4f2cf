# Everything is built in the release profile: tests, demo and benches share one build.

# What continuous integration runs
check:
    .ci/run

# The tests
test:
    cargo test --release --workspace

# The whole study on synthetic tissue
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# Seconds a step of each network
bench *ARGS:
    cargo run --release -- bench {{ARGS}}

# The Python that has torch; only comparisons need one
python := env("PYTHON", "python3")

# grayzone and PyTorch on the same work, in turns: seconds a step, memory, and proof that both compute the same
bench-vs-torch *ARGS:
    cargo build --release
    {{python}} tools/bench_vs_torch.py --grayzone "${CARGO_TARGET_DIR:-target}/release/grayzone" {{ARGS}}

# The networks on this machine's graphics card against the processor, without and with Burn's fusion (a long build each)
gpu-parity:
    cargo test --release --workspace --features vulkan --test suite graphics_card
    cargo test --release --workspace --features fusion --test suite graphics_card

# The kernels' unsafe code under AddressSanitizer (one minute) and ThreadSanitizer (a nightly toolchain with rust-src; some minutes)
sanitize: sanitize-address sanitize-thread

# With the toolchain at hand, which is told to take the unstable option
sanitize-address: (sanitized "address" "RUSTC_BOOTSTRAP=1 cargo test")

# The standard library is built along: where it is not watched, its locks look like races
sanitize-thread: (sanitized "thread" "cargo +nightly test -Zbuild-std")

[private]
sanitized which test:
    RUSTFLAGS="-Zsanitizer={{which}}" CARGO_TARGET_DIR=target/sanitize-{{which}} {{test}} --release --tests \
        -p kernels --no-default-features --target "$(rustc -vV | sed -n 's/host: //p')"
