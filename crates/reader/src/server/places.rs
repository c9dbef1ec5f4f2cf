//! Places for connections: many for those who hold a link, and few for everybody else.
//!
//! A connection has no link until a request on it brings a right one. Of those without, the one that has moved nothing for longest gives way
//! to a new one, so that whoever holds many and does nothing shuts nobody out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::task::AbortHandle;

use super::state::Who;

/// Connections without a link.
const ANYBODY: usize = 256;
/// Connections with one.
const KNOWN: usize = 512;
/// Connections of one link: some browsers side by side.
const OF_ONE: usize = 24;
/// Connections without a link from one address, if nothing else is said.
pub const PER_ADDRESS: usize = 64;

/// All connections that are open.
#[derive(Debug)]
pub struct Places {
    per_address: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    address: IpAddr,
    moved: Instant,
    who: Who,
    task: Option<AbortHandle>,
}

/// One connection's place, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    number: u64,
    places: Arc<Places>,
}

impl Places {
    /// With so many connections without a link from one address.
    pub fn new(per_address: usize) -> Arc<Self> {
        Arc::new(Self { per_address: per_address.max(1), state: Mutex::default() })
    }

    /// A place for a new connection. Others without a link are closed for it if there are too many.
    pub fn take(self: &Arc<Self>, address: IpAddr, now: Instant) -> Place {
        let mut state = self.lock();
        let address = one_holder(address);
        if state.anybody(|open| open.address == address) >= self.per_address {
            state.close_one(|open| open.address == address);
        }
        if state.anybody(|_| true) >= ANYBODY {
            state.close_one(|_| true);
        }
        let number = state.next;
        state.next += 1;
        state.open.insert(number, Open { address, moved: now, who: Who::Anybody, task: None });
        Place { number, places: self.clone() }
    }

    /// Closes a connection without a link, to make room.
    pub fn make_room(&self) {
        self.lock().close_one(|_| true);
    }

    /// How many there are.
    pub fn taken(&self) -> usize {
        self.lock().open.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one person holds: an address, or of the newer ones a whole network of 64 bits.
fn one_holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        older @ IpAddr::V4(_) => older,
    }
}

impl State {
    fn anybody(&self, which: impl Fn(&Open) -> bool) -> usize {
        self.open.values().filter(|open| open.who == Who::Anybody && which(open)).count()
    }

    fn close_one(&mut self, which: impl Fn(&Open) -> bool) {
        let idle = self
            .open
            .iter()
            .filter(|(_, open)| open.who == Who::Anybody && which(open))
            .min_by_key(|(number, open)| (open.moved, **number))
            .map(|(number, _)| *number);
        // It is counted no more from now on, though its task ends a little later.
        if let Some(task) = idle.and_then(|number| self.open.remove(&number)).and_then(|open| open.task) {
            task.abort();
        }
    }
}

impl Place {
    /// The task that is ended if the place is needed. If it is needed already, it ends now.
    pub fn held_by(places: &Places, number: u64, task: AbortHandle) {
        match places.lock().open.get_mut(&number) {
            Some(open) => open.task = Some(task),
            None => task.abort(),
        }
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes have gone in or out.
    pub fn moved(&self, now: Instant) {
        if let Some(open) = self.places.lock().open.get_mut(&self.number) {
            open.moved = now;
        }
    }

    /// A request has brought a right link: the connection keeps its place, unless there are too many of that link or in all.
    pub fn is_of(&self, who: Who) {
        let mut state = self.places.lock();
        if state.open.get(&self.number).is_none_or(|open| open.who == who) {
            return;
        }
        let of_one = state.open.values().filter(|open| open.who == who).count();
        let known = state.open.values().filter(|open| open.who != Who::Anybody).count();
        if let Some(open) = state.open.get_mut(&self.number)
            && of_one < OF_ONE
            && known < KNOWN
        {
            open.who = who;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, n])
    }

    fn is_open(place: &Place) -> bool {
        place.places.lock().open.contains_key(&place.number)
    }

    #[test]
    fn who_moves_nothing_gives_way_and_who_has_a_link_does_not() {
        let places = Places::new(3);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let first: Vec<Place> = (0..3).map(|i| places.take(address(1), at(i))).collect();
        let other = places.take(address(2), at(0));
        first[0].is_of(Who::Reader(1));
        first[1].moved(at(9));
        // A place is free, since the first is a reader's.
        let fourth = places.take(address(1), at(4));
        assert!(first.iter().chain([&other, &fourth]).all(is_open));
        let fifth = places.take(address(1), at(5));
        assert!(!is_open(&first[2]), "it has moved nothing for longest");
        assert!([&first[0], &first[1], &other, &fourth, &fifth].into_iter().all(is_open));
        // The same address in its other form.
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        let _sixth = places.take(mapped, at(6));
        assert!(!is_open(&fourth) && is_open(&first[0]));
        drop(other);
        assert_eq!(places.taken(), 4);
    }

    #[test]
    fn a_network_of_one_holder_is_one_address() {
        let of = |text: &str| one_holder(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }

    #[test]
    fn many_addresses_leave_places_for_links_and_one_link_takes_not_all() {
        let places = Places::new(usize::MAX);
        let start = Instant::now();
        let at = |n: usize| start + Duration::from_millis(n as u64);
        let reader = places.take(address(1), at(0));
        reader.is_of(Who::Reader(1));
        let strangers: Vec<Place> =
            (0..3 * ANYBODY).map(|n| places.take(address((n % 250) as u8), at(n))).collect();
        assert_eq!(places.taken(), ANYBODY + 1);
        assert!(is_open(&reader) && is_open(&strangers[3 * ANYBODY - 1]) && !is_open(&strangers[0]));
        let new = places.take(address(9), at(10_000));
        new.is_of(Who::Reader(2));
        assert!(is_open(&new));
        drop(strangers);
        let greedy: Vec<Place> = (0..2 * OF_ONE)
            .map(|n| {
                let place = places.take(address(3), at(n));
                place.is_of(Who::Reader(3));
                place
            })
            .collect();
        assert_eq!(places.lock().anybody(|_| true), OF_ONE, "the rest give way as anybody's do");
        drop(greedy);
    }
}
