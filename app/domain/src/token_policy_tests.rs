use super::*;

/// The table of PROTOCOL section 1, *Token policy*.
#[test]
fn the_shipped_policies_are_those_of_the_table() {
    let day = Some(86_400);
    let (opaque, jwt) = (AccessFormat::Opaque, AccessFormat::Jwt(SigningAlgorithm::Rs256));
    let rotating = Refresh::Rotating { grace_seconds: 30 };
    let table = [
        ("standard", opaque, day, rotating, Some(90 * 86_400), false, LiveTokens::One),
        ("featureos", opaque, day, Refresh::Persistent, None, false, LiveTokens::One),
        ("fera", opaque, None, Refresh::None, None, false, LiveTokens::Many),
        ("apiera", jwt, day, Refresh::None, None, false, LiveTokens::Many),
        ("financefeast", opaque, Some(864_000), Refresh::None, None, true, LiveTokens::Many),
    ];
    let policies = TokenPolicies::default();
    assert_eq!(policies.all().len(), table.len());
    for (name, format, access, refresh, idle, expires_at, live) in table {
        let policy = policies.get(name).expect(name);
        assert_eq!((policy.access_format, policy.access_seconds, policy.refresh), (format, access, refresh), "{name}");
        assert_eq!((policy.refresh_idle_seconds, policy.refresh_absolute_seconds), (idle, None), "{name}");
        assert_eq!((policy.expires_at_in_response, policy.live_tokens), (expires_at, live), "{name}");
        assert_eq!(policy.code_seconds, 300, "{name}");
        assert_eq!(policy.state_instead_of_response_type, name == "fera", "{name}");
        assert_eq!(policy.profile_includes_email, name == "financefeast", "{name}");
        assert_eq!(policy.problems(), [], "{name}");
        assert!(policies.is_offered(name));
    }
}

fn changed(change: impl FnOnce(&mut TokenPolicy)) -> TokenPolicy {
    let mut policy = TokenPolicy::standard();
    change(&mut policy);
    policy
}

#[test]
fn what_makes_no_sense_is_told_by_property() {
    let jwt = AccessFormat::Jwt(SigningAlgorithm::Es256);
    for (property, policy) in [
        ("name", changed(|policy| policy.name = String::new())),
        ("name", changed(|policy| policy.name = "Kiosk 1".to_owned())),
        ("name", changed(|policy| policy.name = "k".repeat(41))),
        ("code_seconds", changed(|policy| policy.code_seconds = 0)),
        ("code_seconds", changed(|policy| policy.code_seconds = 601)),
        ("access_seconds", changed(|policy| policy.access_seconds = Some(0))),
        ("access_seconds", changed(|policy| policy.access_seconds = Some(-1))),
        ("access_seconds", changed(|policy| policy.access_seconds = Some(MAX_LIFETIME_SECONDS + 1))),
        ("refresh_idle_seconds", changed(|policy| policy.refresh_idle_seconds = Some(0))),
        ("refresh_absolute_seconds", changed(|policy| policy.refresh_absolute_seconds = Some(-5))),
        ("refresh_grace_seconds", changed(|policy| policy.refresh = Refresh::Rotating { grace_seconds: -1 })),
        ("refresh_grace_seconds", changed(|policy| policy.refresh = Refresh::Rotating { grace_seconds: 301 })),
        ("refresh_idle_seconds", changed(|policy| policy.refresh = Refresh::None)),
        ("refresh_absolute_seconds", TokenPolicy { refresh_absolute_seconds: Some(9), ..TokenPolicy::fera() }),
        ("refresh", changed(|policy| policy.access_seconds = None)),
        ("access_seconds", TokenPolicy { access_format: jwt, ..TokenPolicy::fera() }),
    ] {
        let problems = policy.problems();
        assert_eq!(problems.iter().map(|problem| problem.property).collect::<Vec<_>>(), [property], "{policy:?}");
    }
    for good in [
        changed(|policy| policy.code_seconds = 1),
        changed(|policy| policy.code_seconds = 600),
        changed(|policy| policy.refresh = Refresh::Rotating { grace_seconds: 0 }),
        changed(|policy| policy.refresh = Refresh::Rotating { grace_seconds: 300 }),
        changed(|policy| policy.refresh_absolute_seconds = Some(1)),
    ] {
        assert_eq!(good.problems(), [], "{good:?}");
    }
}

#[test]
fn a_refresh_token_that_stays_the_same_is_for_confidential_clients() {
    for policy in TokenPolicy::shipped() {
        assert!(policy.fits(ClientType::Confidential));
        assert_eq!(policy.fits(ClientType::Public), policy.name != "featureos", "{}", policy.name);
    }
    let policies = TokenPolicies::default();
    let public = policies.of_app("featureos", ClientType::Public);
    assert_eq!(public.refresh, Refresh::Rotating { grace_seconds: 30 });
    assert_eq!(policies.of_app("featureos", ClientType::Confidential), TokenPolicy::featureos());
}

#[test]
fn a_policy_of_the_configuration_takes_the_place_of_a_shipped_one_or_stands_beside_them() {
    let standard = changed(|policy| policy.access_seconds = Some(60));
    let kiosk = changed(|policy| policy.name = "kiosk".to_owned());
    let offered = vec!["kiosk".to_owned(), "fera".to_owned()];
    let policies = TokenPolicies::new(vec![standard.clone(), kiosk.clone()], offered).expect("good");
    assert_eq!(policies.all().len(), 6);
    assert_eq!(policies.get("kiosk"), Some(&kiosk));
    assert_eq!(policies.offered().map(|policy| policy.name.as_str()).collect::<Vec<_>>(), ["kiosk", "fera"]);
    assert!(!policies.is_offered("standard"));
    assert_eq!(policies.first_choice(), "kiosk");
    assert_eq!(policies.of_app("gone", ClientType::Confidential), standard, "the configured standard");
}

#[test]
fn only_policies_that_exist_are_offered_and_at_least_one() {
    let offer = |names: &[&str]| TokenPolicies::new(Vec::new(), names.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(offer(&[]), Err(OfferProblem::Nothing));
    let told = offer(&["standard", "gold"]).expect_err("unknown").to_string();
    assert!(
        told.starts_with("names \"gold\", and there is no such token policy; there are standard, featureos"),
        "{told}"
    );
    assert!(offer(&["fera"]).is_ok());
}
