//! The counts of Table 2.

use stats::{Confirmation, TileVotes, confirmation};

/// `counts[i]` tiles on which i of three readers chose the class.
fn of_three(counts: [usize; 4]) -> Vec<TileVotes> {
    (0..=3_u32)
        .flat_map(|class| std::iter::repeat_n(TileVotes { class, others: 3 - class }, counts[class as usize]))
        .collect()
}

/// The paper's tiles: 75 easy, hard and generated ones each of the class, with three readers.
#[test]
fn the_counts_of_the_paper() {
    let easy = confirmation(&of_three([0, 0, 10, 65]));
    assert_eq!((easy.majority, easy.unanimous, easy.lost, easy.confirmed()), (10, 65, 0, 75));
    let hard = confirmation(&of_three([2, 5, 20, 48]));
    assert_eq!((hard.majority, hard.unanimous, hard.lost, hard.confirmed()), (20, 48, 7, 68));
    let generated = confirmation(&of_three([0, 3, 17, 55]));
    assert_eq!((generated.majority, generated.unanimous, generated.lost), (17, 55, 3));
    // Of the other class the paper gives the sum alone: 67 of 75.
    let other_class = confirmation(&of_three([3, 5, 30, 37]));
    assert_eq!((other_class.confirmed(), other_class.read()), (67, 75));
}

#[test]
fn any_number_of_readers() {
    let of = |class, others| confirmation(&[TileVotes { class, others }]);
    let none = Confirmation::default();
    assert_eq!(of(0, 0), Confirmation { unread: 1, ..none });
    assert_eq!(of(1, 0), Confirmation { unanimous: 1, ..none });
    assert_eq!(of(0, 1), Confirmation { lost: 1, ..none });
    assert_eq!(of(1, 1), Confirmation { tied: 1, ..none });
    assert_eq!(of(2, 2), Confirmation { tied: 1, ..none });
    assert_eq!(of(3, 2), Confirmation { majority: 1, ..none });
    assert_eq!(of(2, 3), Confirmation { lost: 1, ..none });
    assert_eq!(of(u32::MAX, u32::MAX), Confirmation { tied: 1, ..none });
    assert_eq!(confirmation(&[]), none);
}

/// Seen from the other side a lost tile is a confirmed one, and every tile is counted once.
#[test]
fn both_sides_add_up() {
    let votes: Vec<TileVotes> =
        (0..8).flat_map(|class| (0..8).map(move |others| TileVotes { class, others })).collect();
    let swapped: Vec<TileVotes> =
        votes.iter().map(|v| TileVotes { class: v.others, others: v.class }).collect();
    let (here, there) = (confirmation(&votes), confirmation(&swapped));
    assert_eq!(here.lost, there.confirmed());
    assert_eq!(there.lost, here.confirmed());
    assert_eq!((here.tied, here.unread), (7, 1));
    assert_eq!(here.read() + here.unread, votes.len());
}
