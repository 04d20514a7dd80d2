//! Sessions of people, for the session layer and the account page.
