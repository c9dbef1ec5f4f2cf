//! `grayzone bench` through the real binary, at sizes that take no time.

mod sandbox;

use sandbox::Sandbox;
use serde_json::Value;

/// One workload of the JSON output.
fn bench(here: &Sandbox, name: &str, more: &[&str]) -> Value {
    let told = here.ok(&[&["bench", "--only", name, "--json"], more].concat()).json();
    let workloads = told["workloads"].as_array().unwrap();
    assert_eq!(workloads.len(), 1);
    assert_eq!(workloads[0]["name"], name);
    workloads[0].clone()
}

#[test]
fn a_workload_is_timed_in_its_own_process() {
    let here = Sandbox::new();
    let told = bench(&here, "resnet18-train-32-b6-w4", &["--threads", "1"]);
    let seconds = told["seconds"].as_f64().unwrap();
    let rate = told["images_per_second"].as_f64().unwrap();
    assert!(seconds > 0.0 && (rate * seconds - 6.0).abs() < 1e-6, "{told}");
    assert!(!cfg!(target_os = "linux") || told["peak_rss_bytes"].as_u64().unwrap() > 1 << 20);
    assert_eq!(told["threads"], 1);
    assert_eq!(told["step_seconds"].as_array().unwrap().len(), 7);
    here.refuses(&["bench", "--only", "resnet50"], &["resnet50", "predict-224-b16"]);
    here.refuses(&["bench", "--only", "cyclegan-train-23"], &["24 px or more"]);
    here.refuses(&["bench", "--scaling", "--only", "translate-64"], &["--only"]);
}

/// What `tools/bench_torch.py` says of the same workloads in f32. The second step's losses have gone through the whole of
/// the first: losses, gradients and Adam, of all four networks of a translator.
#[test]
fn parameters_and_losses_are_those_of_torch() {
    let here = Sandbox::new();
    let one = ["--steps", "1", "--warm-up", "1"];
    let told = bench(&here, "resnet18-train-32-b4-w8", &one);
    check(&told, 176842, &[("cross_entropy", &[1.036669, 0.9327556])]);
    let told = bench(&here, "cyclegan-train-32-w4", &one);
    let losses: [(&str, &[f64]); 5] = [
        ("gan", &[3.4233966, 1.2216704]),
        ("cycle_a", &[0.6739501, 0.6632422]),
        ("cycle_b", &[0.6571113, 0.6486843]),
        ("d_a", &[0.7189558, 0.2936214]),
        ("d_b", &[0.4945150, 0.5111231]),
    ];
    check(&told, 114752, &losses);
    check(&bench(&here, "translate-34-w4", &one), 45859, &[("l1", &[0.7028522])]);
    check(&bench(&here, "predict-33-b3-w8", &one), 176842, &[("cross_entropy", &[1.5640811])]);
}

#[track_caller]
fn check(told: &Value, parameters: u64, losses: &[(&str, &[f64])]) {
    assert_eq!(told["parameters"], parameters);
    for (name, expected) in losses {
        for (step, expected) in expected.iter().enumerate() {
            let loss = told["losses"][step][*name].as_f64().unwrap();
            assert!((loss / expected - 1.0).abs() < 1e-3, "{name} of step {step}: {loss}, torch {expected}");
        }
    }
}

#[test]
fn no_size_is_refused_or_fails() {
    let here = Sandbox::new();
    for size in (24..=33).chain([65, 70]) {
        for task in ["resnet18-train-SIZE-b2-w4", "cyclegan-train-SIZE-w4", "translate-SIZE-w4"] {
            let name = task.replace("SIZE", &size.to_string());
            bench(&here, &name, &["--steps", "1", "--warm-up", "0", "--quiet"]);
        }
    }
    for name in ["resnet18-train-1-b1-w1", "resnet18-train-24-b1-w4", "translate-5-w1", "predict-7-b1-w4"] {
        bench(&here, name, &["--steps", "1", "--warm-up", "0", "--quiet"]);
    }
}

#[test]
fn the_scaling_study_writes_its_numbers_and_its_charts() {
    let here = Sandbox::new();
    let told = here.ok(&["bench", "--scaling", "--smallest", "--out", "scaling", "--threads", "2", "--json"]);
    let told = told.json();
    assert_eq!(told, serde_json::from_str::<Value>(&here.read("scaling/scaling.json")).unwrap());
    let points = told["points"].as_array().unwrap();
    assert!(points.iter().any(|p| p["threads"] == 1) && points.iter().any(|p| p["threads"] == 2));
    assert!(points.iter().all(|p| p["size"].as_u64() > Some(0) && p["seconds"].as_f64() > Some(0.0)));
    assert!(told["growth"].as_array().unwrap().iter().all(|g| g["time_exponent"].is_f64()));
    for chart in ["classifier-time", "classifier-batch", "translator-time"] {
        let picture = here.read(&format!("scaling/scaling-{chart}.svg"));
        assert!(picture.starts_with("<svg") && !picture.contains("NaN"), "{picture}");
    }
}
