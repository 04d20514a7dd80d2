//! `/apps/{id}/settings`.

use crate::oauth::world::World;

#[tokio::test]
async fn each_policy_that_may_be_chosen_is_shown_with_what_it_means() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let page = browser.get(&format!("/apps/{}/settings", world.one.app)).await;
    let (_, choices) = page.body.split_once("name=\"token_policy\" value=\"").expect("choices");
    let choices: Vec<_> = choices.split("name=\"token_policy\" value=\"").collect();
    let expected = [
        ("standard", true, "Access tokens end after 24 hours."),
        ("featureos", false, "The refresh token stays the same until the install is revoked."),
        ("fera", false, "Access tokens work until they are revoked."),
        ("apiera", false, "Access tokens are JWTs (RS256) that end after"),
        ("financefeast", false, "There is no refresh token"),
    ];
    assert_eq!(choices.len(), expected.len(), "{}", page.body);
    for (choice, (name, chosen, sentence)) in choices.into_iter().zip(expected) {
        let (input, _) = choice.split_once('>').expect("the end of its input");
        assert!(input.starts_with(&format!("{name}\"")) && choice.contains(sentence), "{name}: {choice}");
        assert_eq!(input.ends_with(" checked"), chosen, "{name}: {input}");
    }
}
