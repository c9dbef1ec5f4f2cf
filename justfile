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
