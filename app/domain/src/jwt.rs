//! What a JSON Web Token needs to know before there is a key: algorithms and types (RFC 7515, RFC 7518, RFC 9068).

words! {
    /// The algorithms that the instance signs with. No `HS256`: client secrets are hashed, so nothing can be signed with
    /// them (requirement 99); never `none`.
    SigningAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256 over a 2048-bit key; the default.
        Rs256 = "RS256",
        /// ECDSA over P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519 (RFC 8037).
        EdDsa = "EdDSA",
    }
}

words! {
    /// The header `typ`: what keeps one kind of token from being taken for another (RFC 8725 section 3.11).
    TokenKind {
        /// An access token (RFC 9068 section 2.1).
        AccessToken = "at+jwt",
        /// An ID token: OpenID Connect names no type of its own.
        IdToken = "JWT",
    }
}
