//! What stands of earlier runs of a folder: which steps are done, and whether what they left is still what they wrote.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;
use rayon::prelude::*;
use record::{ComputedOn, Damage, Done, Look, RunFolder, StepName};

use crate::error::StudyError;
use crate::plan::Planned;

/// Whether a step has to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has to be run.
    Open,
    /// It is done.
    Done,
    /// It is done, but a step before it is run again: it stands if that leaves the very files that it was made from ([`still_stands`]).
    Held,
}

/// What earlier runs left.
pub struct Survey {
    /// One a step of the plan.
    pub standing: Vec<Standing>,
    /// Outputs that are not what their steps wrote.
    pub damaged: Vec<Damage>,
    /// Steps that are done but do not say yet what they were made from, as indices into the plan: of an older program.
    pub unsaid: Vec<usize>,
    /// Instruction sets, other than the one in use, that finished steps were computed with.
    pub other_instructions: BTreeSet<String>,
}

/// One step, looked at.
struct Seen {
    done: Option<Done>,
    damaged: Vec<Damage>,
    is_old: bool,
}

/// Looks at every step and, with `bytes`, at every byte of what it left; without, at the sizes.
///
/// What nothing reads again ([`Step::is_read_again`](crate::step::Step::is_read_again)) is compared by its size unless `all`.
///
/// # Errors
/// If a finished step was computed on another device, or a file cannot be read.
pub fn survey(
    run: &RunFolder,
    steps: &[Planned],
    device: &Device,
    (bytes, all): (bool, bool),
    told: &(dyn Fn() + Sync),
) -> Result<Survey, StudyError> {
    let seen = |planned: &Planned| {
        let look = |output: &str| {
            let is_looked_into = all || (bytes && planned.step.is_read_again(output));
            if is_looked_into { Look::Bytes } else { Look::Size }
        };
        let seen = look_at(run, planned, &look);
        told();
        seen
    };
    let seen: Vec<Seen> = steps.par_iter().map(seen).collect::<Result<_, _>>()?;
    let now = train::computed_on(device);
    let mut survey = Survey {
        standing: Vec::new(),
        damaged: Vec::new(),
        unsaid: Vec::new(),
        other_instructions: BTreeSet::new(),
    };
    let digests: Vec<Option<String>> =
        seen.iter().map(|seen| seen.done.as_ref().map(Done::outputs_digest)).collect();
    for (at, (step, seen)) in steps.iter().zip(seen).enumerate() {
        if let Some(done) = &seen.done {
            check_device(run, done, &now)?;
            let then = done.computed_on.as_ref().and_then(|on| on.instructions.as_ref());
            survey
                .other_instructions
                .extend(then.filter(|then| now.instructions.as_ref() != Some(then)).cloned());
        }
        let is_sound = seen.done.is_some() && seen.damaged.is_empty() && !seen.is_old;
        let all_before_done = step.after.iter().all(|&before| survey.standing[before] == Standing::Done);
        // A repetition that was cut short may have left other files before this step than it was made from.
        let is_stale = seen.done.as_ref().is_some_and(|done| {
            !done.made_from.is_empty()
                && all_before_done
                && step
                    .after
                    .iter()
                    .any(|&before| done.made_from.get(&steps[before].name) != digests[before].as_ref())
        });
        if seen.done.as_ref().is_some_and(|done| done.made_from.is_empty()) && !step.after.is_empty() {
            survey.unsaid.push(at);
        }
        survey.standing.push(match (is_sound && !is_stale, all_before_done) {
            (false, _) => Standing::Open,
            (true, true) => Standing::Done,
            (true, false) => Standing::Held,
        });
        survey.damaged.extend(seen.damaged);
    }
    Ok(survey)
}

fn look_at(run: &RunFolder, step: &Planned, look: &dyn Fn(&str) -> Look) -> Result<Seen, StudyError> {
    let nothing = Seen { done: None, damaged: Vec::new(), is_old: false };
    // A damaged done.json is as good as none: the step is repeated.
    let Ok(Some(done)) = run.read_done(&step.name) else { return Ok(nothing) };
    if done.hash != step.hash {
        return Ok(nothing);
    }
    let damaged = run.damage(&done, look)?;
    let is_old = damaged.is_empty() && !step.step.is_whole(run);
    Ok(Seen { done: Some(done), damaged, is_old })
}

/// Processor and card differ by more than the last digits' chance: their steps are not mixed in one run.
fn check_device(run: &RunFolder, done: &Done, now: &ComputedOn) -> Result<(), StudyError> {
    let refuse = |then: &str, choose: &str| {
        Err(StudyError::Output {
            path: run.root.clone(),
            why: format!("its step {} was computed on {then}, and this is {now}", done.step),
            hint: format!(
                "{choose}, or begin another run with --out: numbers of two devices do not belong in one table"
            ),
        })
    };
    match &done.computed_on {
        Some(then) if then.device != now.device => refuse(&then.to_string(), then.how_to_choose()),
        // Before devices were put on record a card had to be named: most of those runs are the processor's.
        None if now.device != "cpu" => refuse("a device that is not on record", "use --device cpu"),
        _ => Ok(()),
    }
}

/// What a step is made from, if every step before it is done: [`Done::outputs_digest`] of each.
pub fn made_from(run: &RunFolder, steps: &[Planned], step: &Planned) -> Option<BTreeMap<StepName, String>> {
    let digest = |&before: &usize| {
        let name = &steps[before].name;
        Some((name.clone(), run.read_done(name).ok()??.outputs_digest()))
    };
    step.after.iter().map(digest).collect()
}

/// Whether a step is done, for these settings and from what the steps before it have left.
pub fn still_stands(run: &RunFolder, steps: &[Planned], step: &Planned) -> bool {
    let done = run.read_done(&step.name).ok().flatten();
    done.is_some_and(|done| {
        done.hash == step.hash && made_from(run, steps, step).as_ref() == Some(&done.made_from)
    })
}

/// Has the steps of an older program say what they were made from, as long as it is there: before anything is run again.
pub fn say_made_from(run: &RunFolder, steps: &[Planned], unsaid: &[usize]) -> Result<(), StudyError> {
    for &at in unsaid {
        let step = &steps[at];
        if let (Ok(Some(mut done)), Some(from)) = (run.read_done(&step.name), made_from(run, steps, step)) {
            done.made_from = from;
            run.write_done(&done)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::folders::Outputs;
    use super::*;
    use crate::cost::Cost;
    use crate::observer::StepObserver;
    use crate::step::Step;
    use crate::study::Study;

    /// A step that writes one file; `is_whole` is what it says of what an older program left.
    struct Fake(&'static str, bool);

    impl Step for Fake {
        fn name(&self) -> StepName {
            StepName::new(self.0)
        }
        fn settings(&self, _: &Study) -> serde_json::Value {
            serde_json::Value::Null
        }
        fn cost(&self, _: &Study) -> Cost {
            Cost::SMALL
        }
        fn is_read_again(&self, output: &str) -> bool {
            !output.ends_with(".safetensors")
        }
        fn is_whole(&self, _: &RunFolder) -> bool {
            self.1
        }
        fn run(&self, _: &Study, _: &StepObserver) -> Result<(), StudyError> {
            Ok(())
        }
    }

    fn planned(name: &'static str, is_whole: bool, after: &[usize]) -> Planned {
        let (step, hash) = (Box::new(Fake(name, is_whole)), format!("hash of {name}"));
        Planned { step, name: StepName::new(name), after: after.to_vec(), cost: Cost::SMALL, hash }
    }

    /// `first` → `second` → `third`.
    fn chain() -> Vec<Planned> {
        vec![planned("first", true, &[]), planned("second", true, &[0]), planned("third", true, &[1])]
    }

    /// Does what the executor does when a step has ended, with an output of that content.
    fn end(run: &RunFolder, steps: &[Planned], at: usize, content: &str) {
        let step = &steps[at];
        files::write_atomic(&run.step(&step.name).join("out.csv"), content.as_bytes()).unwrap();
        files::write_atomic(&run.step(&step.name).join("weights.safetensors"), b"1234").unwrap();
        let Outputs { sums, sizes } = Outputs::of(run, step).unwrap();
        let done = Done {
            step: step.name.clone(),
            hash: step.hash.clone(),
            after: step.after.iter().map(|&i| (steps[i].name.clone(), steps[i].hash.clone())).collect(),
            made_from: made_from(run, steps, step).unwrap(),
            tool: "grayzone".into(),
            computed_on: Some(train::computed_on(&Device::flex())),
            seed: 0,
            data_hash: "data".into(),
            seconds: 1.0,
            outputs: sums,
            sizes,
        };
        run.write_done(&done).unwrap();
    }

    fn finished_run() -> (tempfile::TempDir, RunFolder, Vec<Planned>) {
        let folder = tempfile::tempdir().unwrap();
        let (run, steps) = (RunFolder::new(folder.path()), chain());
        for at in 0..steps.len() {
            end(&run, &steps, at, "a,b\n1,2\n");
        }
        (folder, run, steps)
    }

    fn survey_of(run: &RunFolder, steps: &[Planned], how: (bool, bool)) -> Survey {
        survey(run, steps, &Device::flex(), how, &|| ()).unwrap()
    }

    fn standing(run: &RunFolder, steps: &[Planned]) -> Vec<Standing> {
        survey_of(run, steps, (true, false)).standing
    }

    use Standing::{Done as D, Held as H, Open as O};

    #[test]
    fn a_new_folder_has_nothing_done_and_a_finished_one_all() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(standing(&RunFolder::new(empty.path()), &chain()), [O, O, O]);
        let (_folder, run, steps) = finished_run();
        assert_eq!(standing(&run, &steps), [D, D, D]);
    }

    #[test]
    fn other_settings_open_a_step_and_hold_what_comes_after() {
        let (_folder, run, mut steps) = finished_run();
        steps[1].hash = "hash of other settings".into();
        assert_eq!(standing(&run, &steps), [D, O, H]);
        // It leaves the same files again: what was held stands.
        end(&run, &steps, 1, "a,b\n1,2\n");
        assert!(still_stands(&run, &steps, &steps[2]));
        end(&run, &steps, 1, "a,b\n3,4\n");
        assert!(!still_stands(&run, &steps, &steps[2]));
        assert_eq!(standing(&run, &steps), [D, D, O]);
    }

    #[test]
    fn a_changed_output_opens_its_step_and_one_that_nothing_reads_only_when_every_byte_is_compared() {
        let (_folder, run, steps) = finished_run();
        let weights = run.step(&steps[1].name).join("weights.safetensors");
        std::fs::write(&weights, "4321").unwrap();
        assert_eq!(standing(&run, &steps), [D, D, D]);
        let all = survey_of(&run, &steps, (true, true));
        assert_eq!((all.standing, all.damaged.len()), (vec![D, O, H], 1));
        std::fs::write(&weights, "123").unwrap();
        assert_eq!(standing(&run, &steps), [D, O, H]);
        std::fs::write(&weights, "1234").unwrap();

        std::fs::write(run.step(&steps[0].name).join("out.csv"), "a,b\n9,9\n").unwrap();
        let found = survey_of(&run, &steps, (true, false));
        assert_eq!(found.standing, [O, H, H]);
        assert_eq!(found.damaged[0].step, steps[0].name);
        // By sizes alone it is not seen.
        assert_eq!(survey_of(&run, &steps, (false, false)).standing, [D, D, D]);
    }

    #[test]
    fn a_broken_record_is_as_good_as_none() {
        let (_folder, run, steps) = finished_run();
        std::fs::write(run.done_json(&steps[2].name), "{").unwrap();
        assert_eq!(standing(&run, &steps), [D, D, O]);
    }

    #[test]
    fn what_an_older_program_left_in_part_is_made_whole() {
        let (_folder, run, mut steps) = finished_run();
        steps[1] = planned("second", false, &[0]);
        assert_eq!(standing(&run, &steps), [D, O, H]);
    }

    #[test]
    fn steps_of_an_older_program_are_told_what_they_were_made_from() {
        let (_folder, run, steps) = finished_run();
        let forget = |at: usize| {
            let mut done = run.read_done(&steps[at].name).unwrap().unwrap();
            done.made_from.clear();
            run.write_done(&done).unwrap();
        };
        forget(1);
        forget(2);
        let found = survey_of(&run, &steps, (true, false));
        assert_eq!((found.standing, found.unsaid.clone()), (vec![D, D, D], vec![1, 2]));
        say_made_from(&run, &steps, &found.unsaid).unwrap();
        assert!(survey_of(&run, &steps, (true, false)).unsaid.is_empty());
        assert!(still_stands(&run, &steps, &steps[1]));
    }

    #[test]
    fn steps_of_another_device_are_refused_and_other_instructions_told() {
        let (_folder, run, steps) = finished_run();
        let computed_on = |device: &str, instructions: Option<&str>| {
            let mut done = run.read_done(&steps[0].name).unwrap().unwrap();
            let instructions = instructions.map(str::to_owned);
            done.computed_on = Some(ComputedOn { device: device.into(), instructions });
            run.write_done(&done).unwrap();
        };
        computed_on("cpu", Some("of the future"));
        let found = survey_of(&run, &steps, (true, false));
        assert_eq!(found.standing, [D, D, D]);
        assert_eq!(found.other_instructions.into_iter().collect::<Vec<_>>(), ["of the future"]);
        computed_on("a card", None);
        let refused = survey(&run, &steps, &Device::flex(), (true, false), &|| ());
        assert!(
            matches!(refused, Err(StudyError::Output { why, .. }) if why.contains("first was computed on a card"))
        );
    }
}
