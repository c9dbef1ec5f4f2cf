//! What logits say of a class, in f64: the softmax probability, and its logit, which still tells apart what the probability rounds to 1.

/// The softmax probability of class `class`: how confident the classifier is in it.
pub fn confidence(logits: &[f64], class: usize) -> f64 {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - highest).exp()).sum();
    (logits[class] - highest).exp() / sum
}

/// How strongly logits speak for class `class`: its logit minus the log-sum-exp of all others, which is the logit of its
/// [`confidence`]. Unlike that it never rounds to 1, so it ranks.
pub fn margin(logits: &[f64], class: usize) -> f64 {
    let others = logits.iter().enumerate().filter(|(other, _)| *other != class).map(|(_, logit)| *logit);
    let highest = others.clone().fold(f64::NEG_INFINITY, f64::max);
    logits[class] - highest - others.map(|logit| (logit - highest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::{confidence, margin};

    #[test]
    fn confidences_are_shares_of_one() {
        let logits = [1.0, -0.5, 2.0f64];
        let total: f64 = logits.iter().map(|l| l.exp()).sum();
        for (class, logit) in logits.iter().enumerate() {
            assert!((confidence(&logits, class) - logit.exp() / total).abs() < 1e-15);
        }
        assert_eq!(confidence(&[900.0, -900.0], 0), 1.0);
    }

    #[test]
    fn the_margin_is_the_logit_of_the_confidence() {
        let logits = [0.3, -1.2, 2.0];
        for class in 0..3 {
            let c = confidence(&logits, class);
            assert!((margin(&logits, class) - (c / (1.0 - c)).ln()).abs() < 1e-12);
        }
        assert_eq!(margin(&[900.0, -900.0], 0), 1800.0);
    }

    #[test]
    fn the_margin_tells_tiles_apart_whose_confidence_rounds_to_one() {
        let (near, far) = ([60.0, 0.0], [61.0, 0.0]);
        assert_eq!(confidence(&near, 0), confidence(&far, 0));
        assert!(margin(&near, 0) < margin(&far, 0));
    }
}
