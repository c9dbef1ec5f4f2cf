//! What a slide says of the size of its pixels.

/// µm in a centimetre, and in an inch.
const CENTIMETRE: f64 = 10_000.0;
const INCH: f64 = 25_400.0;
/// Pixels of a microscope's picture are between these many µm wide: beyond, a file's resolution means its print.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.05..=20.0;

/// Width and height of a pixel in µm, by what an Aperio slide says of itself: `…|MPP = 0.4990|…`.
pub fn of_aperio(description: &str) -> Option<[f64; 2]> {
    let mpp = keys(description).find(|(key, _)| *key == "MPP")?.1;
    plausible([mpp.parse().ok()?; 2])
}

/// What an Aperio slide says of itself, key by key.
pub fn keys(description: &str) -> impl Iterator<Item = (&str, &str)> {
    description
        .split('|')
        .skip(1)
        .filter_map(|entry| entry.split_once('='))
        .map(|(k, v)| (k.trim(), v.trim()))
}

/// The same by TIFF's XResolution and YResolution (pixels a unit) and its ResolutionUnit (2: inch, 3: centimetre).
pub fn of_tiff(pixels_a_unit: [f64; 2], unit: u32) -> Option<[f64; 2]> {
    let unit = match unit {
        2 => INCH,
        3 => CENTIMETRE,
        _ => return None,
    };
    plausible(pixels_a_unit.map(|pixels| unit / pixels))
}

/// The same by OME-XML: `PhysicalSizeX` of the first image with its unit, µm unless it is named.
pub fn of_ome(xml: &str) -> Option<[f64; 2]> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let pixels = document.descendants().find(|node| node.tag_name().name() == "Pixels")?;
    let side = |axis: &str| {
        let size: f64 = pixels.attribute(&*format!("PhysicalSize{axis}"))?.parse().ok()?;
        let factor = match pixels.attribute(&*format!("PhysicalSize{axis}Unit")).unwrap_or("µm") {
            // The micro sign, the Greek letter, and what programs write for them.
            "µm" | "μm" | "um" | "micron" => 1.0,
            "nm" => 1e-3,
            "mm" => 1e3,
            "cm" => 1e4,
            _ => return None,
        };
        Some(size * factor)
    };
    plausible([side("X")?, side("Y")?])
}

fn plausible(mpp: [f64; 2]) -> Option<[f64; 2]> {
    mpp.iter().all(|side| PLAUSIBLE.contains(side)).then_some(mpp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_in_its_unit_and_what_no_microscope_gives_is_none() {
        let aperio = "Aperio Image Library v11.2.1\r\n46000x32914 [0,100 46000x32814] (240x240) JPEG/RGB Q=30|AppMag = 20|MPP = 0.4990|User = x";
        assert_eq!(of_aperio(aperio), Some([0.499; 2]));
        assert_eq!(of_aperio("Aperio Image Library|AppMag = 20"), None);
        assert_eq!(of_aperio("Aperio|MPP = 0"), None);
        let close = |found: Option<[f64; 2]>, wanted: [f64; 2]| {
            let found = found.unwrap();
            assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        };
        close(of_tiff([20_000.0, 40_000.0], 3), [0.5, 0.25]);
        close(of_tiff([50_800.0; 2], 2), [0.5; 2]);
        for (pixels, unit) in [(72.0, 2), (300.0, 2), (0.0, 3), (f64::NAN, 3), (20_000.0, 1)] {
            assert_eq!(of_tiff([pixels; 2], unit), None, "{pixels} {unit}");
        }
        let ome = |size: &str, unit: &str| {
            format!(
                "<OME xmlns=\"o\"><Image><Pixels PhysicalSizeX=\"{size}\" PhysicalSizeY=\"{size}\" {unit}/></Image></OME>"
            )
        };
        close(of_ome(&ome("0.5", "")), [0.5; 2]);
        close(of_ome(&ome("500", "PhysicalSizeXUnit=\"nm\" PhysicalSizeYUnit=\"nm\"")), [0.5; 2]);
        assert_eq!(of_ome(&ome("0.5", "PhysicalSizeXUnit=\"pixel\" PhysicalSizeYUnit=\"pixel\"")), None);
        assert_eq!(of_ome("no xml"), None);
    }
}
