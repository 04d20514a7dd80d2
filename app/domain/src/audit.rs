//! What the audit log can say (PRODUCT D8 and section 8).

words! {
    /// What happened.
    Action {
        /// A person signed up.
        UserCreated = "user.created",
        /// A person was suspended or reactivated.
        UserUpdated = "user.updated",
        /// A person's password was changed or set by a link.
        PasswordChanged = "user.password_changed",
        /// A one-time link was made.
        LinkCreated = "user.link_created",
        /// Somebody signed in.
        SignedIn = "session.created",
        /// Somebody signed out, or a session was ended.
        SignedOut = "session.ended",
        /// A sign-in failed.
        SignInFailed = "session.failed",
        /// An organization was made.
        OrganizationCreated = "organization.created",
        /// An organization's name, domain, plan or status was changed.
        OrganizationUpdated = "organization.updated",
        /// A member joined or his role changed.
        MemberRoleChanged = "member.role_changed",
        /// A person was given or lost a staff role.
        StaffRoleChanged = "staff.role_changed",
        /// An app was registered.
        AppCreated = "app.created",
        /// An app's fields were changed.
        AppUpdated = "app.updated",
        /// An app was suspended.
        AppSuspended = "app.suspended",
        /// An app was resumed.
        AppResumed = "app.resumed",
        /// An app was deleted.
        AppDeleted = "app.deleted",
        /// An app, or a change of one, was submitted for review.
        AppSubmitted = "app.submitted",
        /// What waited for review was taken back.
        AppWithdrawn = "app.withdrawn",
        /// An operator approved what was submitted.
        AppApproved = "app.approved",
        /// An operator wants what was submitted changed first.
        AppChangesRequested = "app.changes_requested",
        /// An operator refused what was submitted.
        AppRejected = "app.rejected",
        /// An organization was put on the list of those that may test a draft.
        TestOrganizationAdded = "app.test_organization_added",
        /// An organization was taken off that list; its install stays.
        TestOrganizationRemoved = "app.test_organization_removed",
        /// A person accepted the terms of use for an app.
        TermsAccepted = "terms.accepted",
        /// A redirect URI was added.
        RedirectUriAdded = "redirect_uri.added",
        /// A redirect URI was removed.
        RedirectUriRemoved = "redirect_uri.removed",
        /// The scopes that an app asks for were changed.
        ScopesChanged = "scope.requested_changed",
        /// A secret was made.
        SecretCreated = "secret.created",
        /// A secret was rotated: a new one, the older ones retire.
        SecretRotated = "secret.rotated",
        /// A retiring secret's deadline was changed.
        SecretGraceChanged = "secret.grace_changed",
        /// A secret was revoked.
        SecretRevoked = "secret.revoked",
        /// A resource server was registered.
        ResourceServerCreated = "resource_server.created",
        /// A resource server was removed: its secret ended.
        ResourceServerRemoved = "resource_server.removed",
        /// A new signing key was published; it signs later.
        SigningKeyRotated = "signing_key.rotated",
        /// Every signing key of an algorithm was replaced at once.
        SigningKeyReplaced = "signing_key.replaced",
        /// An install was made.
        InstallCreated = "install.created",
        /// An install's scopes grew by a new consent.
        InstallUpgraded = "install.upgraded",
        /// An install was revoked.
        InstallRevoked = "install.revoked",
        /// An app was blocked in an organization.
        AppBlocked = "install.blocked",
        /// A block was lifted.
        AppUnblocked = "install.unblocked",
        /// A person allowed a request.
        ConsentGranted = "consent.granted",
        /// A person refused a request, or may not allow it.
        ConsentDenied = "consent.denied",
        /// A code was issued.
        CodeIssued = "code.issued",
        /// A code was redeemed.
        CodeRedeemed = "code.redeemed",
        /// A code was presented twice: its tokens are dead.
        CodeReplayed = "code.replayed",
        /// A token was issued.
        TokenIssued = "token.issued",
        /// A token was refreshed.
        TokenRefreshed = "token.refreshed",
        /// A superseded refresh token came back: its family is dead.
        TokenReuseDetected = "token.reuse_detected",
        /// A token was revoked.
        TokenRevoked = "token.revoked",
        /// Staff looked at a dossier.
        SupportViewed = "support.viewed",
        /// The install policy was changed.
        PolicyChanged = "policy.changed",
    }
}

impl Action {
    /// Whether such an event is a program's daily work: a log has it, a dashboard would drown in it.
    pub const fn is_routine(self) -> bool {
        matches!(self, Self::CodeIssued | Self::CodeRedeemed | Self::TokenIssued | Self::TokenRefreshed)
    }

    /// Whether such an event can stand in an organization's log. The others are about a person or the instance.
    pub const fn in_organization(self) -> bool {
        !matches!(
            self,
            Self::UserCreated
                | Self::UserUpdated
                | Self::PasswordChanged
                | Self::LinkCreated
                | Self::SignedIn
                | Self::SignedOut
                | Self::SignInFailed
                | Self::StaffRoleChanged
                | Self::ResourceServerCreated
                | Self::ResourceServerRemoved
                | Self::SigningKeyRotated
                | Self::SigningKeyReplaced
                | Self::SupportViewed
        )
    }
}

words! {
    /// How it ended.
    Outcome {
        /// It was done.
        Success = "success",
        /// It was refused.
        Refused = "refused",
    }
}

words! {
    /// Through which door it came.
    Source {
        /// A page of the portal.
        Web = "web",
        /// An OAuth endpoint or the resource API.
        Api = "api",
        /// The command line.
        Cli = "cli",
        /// The instance itself: sweeps and demo data.
        System = "system",
    }
}

words! {
    /// What kind of actor did it.
    ActorKind {
        /// A person with a session.
        User = "user",
        /// An app with its credentials.
        App = "app",
        /// The command line.
        Operator = "operator",
        /// The instance itself.
        System = "system",
        /// Nobody that is known: a failed sign-in, for example.
        Anonymous = "anonymous",
    }
}

words! {
    /// What kind of thing it was done to.
    TargetKind {
        /// A person.
        User = "user",
        /// An organization.
        Organization = "organization",
        /// An app.
        App = "app",
        /// A client secret.
        Secret = "secret",
        /// A redirect URI.
        RedirectUri = "redirect_uri",
        /// An install.
        Install = "install",
        /// A pending grant, a code or a token.
        Grant = "grant",
        /// A session.
        Session = "session",
        /// A resource server.
        ResourceServer = "resource_server",
        /// A signing key.
        SigningKey = "signing_key",
    }
}
