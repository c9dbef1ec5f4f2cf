//! Writes a part of a slide's level as a PNG, and what the slide tells of itself; `tools/check_slides.py` compares it with OpenSlide's.
//!
//! `read_region SLIDE` tells; `read_region SLIDE LEVEL X Y WIDTH HEIGHT OUT.png` reads, X and Y in pixels of that level. FRAMES=rows
//! or columns says how the frames of a DICOM slide lie that does not tell it.

use std::path::Path;

use slides::{FrameOrder, OpenOptions, Slide, Source};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let frame_order = match std::env::var("FRAMES").as_deref() {
        Ok("columns") => Some(FrameOrder::Columns),
        Ok("rows") => Some(FrameOrder::Rows),
        _ => None,
    };
    let slide = match Slide::open(Path::new(&args[0]), &OpenOptions { frame_order, ..OpenOptions::default() })
    {
        Ok(slide) => slide,
        Err(error) => {
            eprintln!("error: {error}\nhint: {}", error.hint().unwrap_or_default());
            std::process::exit(2);
        }
    };
    if args.len() < 7 {
        println!("mpp {:?}; may identify: {:?}", slide.mpp(), slide.identifying());
        for level in slide.levels() {
            println!("{level:?}");
        }
        return Ok(());
    }
    let number = |i: usize| args[i].parse::<i64>();
    let size = [number(4)? as u32, number(5)? as u32];
    slide.read(number(1)? as usize, [number(2)?, number(3)?], size)?.save(&args[6])?;
    Ok(())
}
