//! Whether the session of a browser does for an authorization request: `prompt`, `max_age` and `id_token_hint` (`OpenID`
//! Connect Core section 3.1.2.1; requirements 91 to 94). Whether a page about consent is due comes afterwards.

use super::error::ErrorCode;
use super::openid::{Prompt, PromptSet};
use crate::id::UserId;
use crate::time::Timestamp;

/// A person with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Who.
    pub user: UserId,
    /// When he proved who he is (`auth_time`).
    pub authenticated_at: Timestamp,
}

/// What a request asks of the session.
#[derive(Clone, Debug)]
pub struct Terms {
    /// `prompt`.
    pub prompt: PromptSet,
    /// `max_age` in seconds.
    pub max_age: Option<i64>,
    /// The person whom `id_token_hint` names.
    pub hinted: Option<UserId>,
    /// When the request came.
    pub requested_at: Timestamp,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The session does.
    Pass(Visitor),
    /// The person signs in, again if he is signed in.
    SignIn,
    /// The person says whether it shall be this account.
    SelectAccount(Visitor),
    /// The client is told.
    Tell(ErrorCode),
}

impl Terms {
    /// Judges the session of the browser at `now`; none where nobody is signed in. Whoever signed in after the request
    /// came has done what `prompt=login`, `max_age` and `prompt=select_account` want, so that nobody is asked for ever.
    pub fn gate(&self, visitor: Option<Visitor>, now: Timestamp) -> Gate {
        let silent = self.prompt.has(Prompt::None);
        let Some(visitor) = visitor else { return if silent { LOGIN_REQUIRED } else { Gate::SignIn } };
        let began = visitor.authenticated_at;
        // A sign-in of the future was before a clock went back: nobody knows when.
        let known = began <= now.plus_seconds(SKEW_SECONDS);
        let fresh = known && began > self.requested_at;
        let other = self.hinted.is_some_and(|hinted| hinted != visitor.user);
        if other || (!fresh && self.wants_sign_in(known.then_some(began))) {
            // A person who has just signed in as another one than the client means stays that other one.
            return if silent || (other && fresh) { LOGIN_REQUIRED } else { Gate::SignIn };
        }
        if self.prompt.has(Prompt::SelectAccount) && !fresh {
            return Gate::SelectAccount(visitor);
        }
        Gate::Pass(visitor)
    }

    /// Whether somebody who signed in at `began`, if that is known, has to do it again. `max_age` counts to the request's
    /// arrival: how long the person reads a page of ours is not held against him.
    fn wants_sign_in(&self, began: Option<Timestamp>) -> bool {
        let old = |most: i64| began.is_none_or(|began| self.requested_at > began.plus_seconds(most));
        self.prompt.has(Prompt::Login) || self.max_age.is_some_and(|seconds| seconds == 0 || old(seconds))
    }
}

/// How far the clocks of two processes may be apart.
const SKEW_SECONDS: i64 = 60;

const LOGIN_REQUIRED: Gate = Gate::Tell(ErrorCode::LoginRequired);

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const REQUESTED: Timestamp = Timestamp(1_000_000_000);

    fn ada(before: i64) -> Visitor {
        Visitor { user: UserId(Uuid::from_u128(1)), authenticated_at: REQUESTED.minus_seconds(before) }
    }

    fn terms(prompt: &str, max_age: Option<i64>, hinted: Option<u128>) -> Terms {
        let hinted = hinted.map(|number| UserId(Uuid::from_u128(number)));
        Terms { prompt: PromptSet::known(prompt), max_age, hinted, requested_at: REQUESTED }
    }

    #[test]
    fn req_091_without_a_session_prompt_none_is_login_required_and_all_else_a_sign_in() {
        assert_eq!(terms("none", None, None).gate(None, REQUESTED), LOGIN_REQUIRED);
        for prompt in ["", "login", "consent", "select_account"] {
            assert_eq!(terms(prompt, None, None).gate(None, REQUESTED), Gate::SignIn, "{prompt}");
        }
        assert_eq!(terms("none", None, None).gate(Some(ada(9)), REQUESTED), Gate::Pass(ada(9)));
        assert_eq!(terms("none", Some(5), None).gate(Some(ada(9)), REQUESTED), LOGIN_REQUIRED);
        assert_eq!(terms("none", Some(0), None).gate(Some(ada(9)), REQUESTED), LOGIN_REQUIRED);
    }

    #[test]
    fn req_092_prompt_login_forces_one_sign_in_and_no_second() {
        assert_eq!(terms("login", None, None).gate(Some(ada(0)), REQUESTED), Gate::SignIn);
        assert_eq!(terms("login", None, None).gate(Some(ada(-1)), REQUESTED), Gate::Pass(ada(-1)));
        assert_eq!(terms("login consent", Some(0), None).gate(Some(ada(-1)), REQUESTED), Gate::Pass(ada(-1)));
    }

    #[test]
    fn req_092_select_account_asks_unless_the_person_has_just_signed_in() {
        assert_eq!(terms("select_account", None, None).gate(Some(ada(9)), REQUESTED), Gate::SelectAccount(ada(9)));
        assert_eq!(terms("select_account", None, None).gate(Some(ada(-1)), REQUESTED), Gate::Pass(ada(-1)));
        assert_eq!(terms("select_account login", None, None).gate(Some(ada(9)), REQUESTED), Gate::SignIn);
    }

    #[test]
    fn req_093_a_session_older_than_max_age_signs_in_again() {
        for (max_age, age, passes) in
            [(1, 2, false), (1, 1, true), (10_000, 2, true), (0, 0, false), (0, -1, true), (1, -5, true)]
        {
            let wanted = if passes { Gate::Pass(ada(age)) } else { Gate::SignIn };
            assert_eq!(terms("", Some(max_age), None).gate(Some(ada(age)), REQUESTED), wanted, "{max_age} {age}");
        }
    }

    #[test]
    fn req_093_a_part_of_a_second_beyond_max_age_is_beyond_it() {
        for (millis, passes) in [(1_000, true), (1_001, false), (1_999, false)] {
            let visitor = Visitor { authenticated_at: Timestamp(REQUESTED.0 - millis), ..ada(0) };
            let wanted = if passes { Gate::Pass(visitor) } else { Gate::SignIn };
            assert_eq!(terms("", Some(1), None).gate(Some(visitor), REQUESTED), wanted, "{millis}");
        }
    }

    #[test]
    fn req_094_nobody_is_silently_taken_for_another() {
        assert_eq!(terms("none", None, Some(2)).gate(Some(ada(9)), REQUESTED), LOGIN_REQUIRED);
        assert_eq!(terms("", None, Some(2)).gate(Some(ada(9)), REQUESTED), Gate::SignIn);
        assert_eq!(
            terms("", None, Some(2)).gate(Some(ada(-1)), REQUESTED),
            LOGIN_REQUIRED,
            "he signed in as himself again"
        );
        assert_eq!(terms("none", None, Some(1)).gate(Some(ada(9)), REQUESTED), Gate::Pass(ada(9)));
    }

    #[test]
    fn a_sign_in_of_the_future_is_no_fresh_one_and_as_old_as_can_be() {
        let from_before = ada(-3600);
        for (prompt, max_age) in [("login", None), ("", Some(10)), ("", Some(1_000_000))] {
            assert_eq!(terms(prompt, max_age, None).gate(Some(from_before), REQUESTED), Gate::SignIn, "{prompt}");
        }
        let asked = terms("select_account", None, None).gate(Some(from_before), REQUESTED);
        assert_eq!(asked, Gate::SelectAccount(from_before));
        assert_eq!(terms("none", Some(10), None).gate(Some(from_before), REQUESTED), LOGIN_REQUIRED);
        assert_eq!(terms("", None, None).gate(Some(from_before), REQUESTED), Gate::Pass(from_before));
        let skewed = ada(-SKEW_SECONDS);
        assert_eq!(terms("login", None, None).gate(Some(skewed), REQUESTED), Gate::Pass(skewed), "another machine's");
    }
}
