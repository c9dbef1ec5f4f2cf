//! The gallery: every translated tile with its source, to be sorted, filtered, wiped and opened in the browser.
//!
//! [`Gallery`] gathers what is on file of each translation ([`data`]); [`strips`] makes the pictures as good as their budget lets them be.
//! `section::gallery` puts both into the page, and the scripts beside this file make them move: `pictures.js` (pixels, differences, maps),
//! `order.js` (sorting and filtering), `stage.js` (one tile's picture) and `page.js` (cards, pages, the large view).

mod data;
mod strips;

pub use data::{FLAGS, Gallery, drop_in_confidence, ranked};
