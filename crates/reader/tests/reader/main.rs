//! The reader study from outside: the library's calls, and the server as a process of its own that is spoken to over TCP.

mod blind;
mod client;
mod drawing;
mod fuzz;
mod gone_files;
mod in_and_out;
mod nobody_in;
mod nothing_lost;
mod read_only;
mod serving;
mod study;
mod synthetic_run;
