//! The recycling allocator as a program's own.

use std::alloc::System;

use kernels::memory::{LARGE, PATIENCE, Recycling};

#[global_allocator]
static ALLOCATOR: Recycling<System> = Recycling(System);

fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) as usize
}

/// Allocates, grows, shrinks and drops vectors about the limit of large blocks, each filled with a number of its own.
fn churn(seed: u64) {
    let mut state = seed;
    let mut held: Vec<Vec<u64>> = Vec::new();
    for i in 0..3000 {
        let len = next(&mut state) % (4 * LARGE / 8) + 1;
        match next(&mut state) % 4 {
            0 => {
                let zeros = vec![0u64; len];
                assert!(zeros.iter().all(|v| *v == 0));
                held.push(zeros);
            }
            1 => held.push(vec![seed << 32 | i; len]),
            2 if !held.is_empty() => {
                let which = next(&mut state) % held.len();
                let vector = &mut held[which];
                let first = vector[0];
                assert!(vector.iter().all(|v| *v == first));
                vector.resize(len, first);
                vector.shrink_to_fit();
                assert!(vector.iter().all(|v| *v == first));
            }
            _ if held.len() > 20 => {
                let which = next(&mut state) % held.len();
                let vector = held.swap_remove(which);
                assert!(vector.iter().all(|v| *v == vector[0]));
            }
            _ => {}
        }
    }
}

#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<usize>().unwrap() << 10
}

/// One test: it looks at the whole process's memory.
#[test]
fn blocks_are_whole_and_memory_comes_back() {
    // Dropped on another thread than it was made on.
    let made = std::thread::spawn(|| vec![7u8; 3 * LARGE]).join().unwrap();
    assert!(made.iter().all(|v| *v == 7));
    drop(made);
    std::thread::scope(|scope| {
        for seed in 1..=4 {
            scope.spawn(move || churn(seed));
        }
    });

    #[cfg(target_os = "linux")]
    {
        const MUCH: usize = 128 << 20;
        let anew = |count: u64| (0..count).for_each(|i| drop(std::hint::black_box(vec![i; LARGE / 8])));
        anew(3 * PATIENCE);
        let before = resident();
        let below = vec![1u8; MUCH];
        let above = vec![1u8; MUCH];
        let full = resident();
        assert!(full >= before + 2 * MUCH - MUCH / 8);
        drop(below); // a free part with a block above it
        assert!(resident() >= full - MUCH / 8, "memory is kept for a while");
        anew(3 * PATIENCE);
        assert!(resident() <= full - MUCH + MUCH / 8, "what is not used is given back");
        drop(above);
        anew(3 * PATIENCE);
        assert!(resident() <= before + MUCH / 8, "and at the end of the range too");
    }
}
