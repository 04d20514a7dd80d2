//! Tokens that are not ours: each check of the signature's header, and of the signature.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::jwt::{SigningAlgorithm, TokenKind};
use domain::store::Store;
use domain::store::keys::VerifyError;
use serde_json::{Value, json};

use crate::harness::on_each_database;

const ACCESS: TokenKind = TokenKind::AccessToken;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Header, claims and signature of a good token.
async fn parts(store: &Store, algorithm: SigningAlgorithm) -> [String; 3] {
    let token = store.sign(algorithm, ACCESS, &json!({ "sub": "somebody" })).await.expect("signed");
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

fn kid(header: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(header).expect("base64url");
    serde_json::from_slice::<Value>(&bytes).expect("JSON")["kid"].clone()
}

#[tokio::test]
async fn req_086_a_header_that_is_not_ours_is_refused() {
    on_each_database(async |store, _clock| {
        let [header, claims, signature] = parts(&store, SigningAlgorithm::Rs256).await;
        let kid = kid(&header);
        let jwk = store.jwks()["keys"][0].clone();
        for (header, problem) in [
            (json!({ "alg": "none", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "None", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "rs256", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "PS256", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "RS384", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": ["RS256"], "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "typ": "at+jwt", "kid": kid }), VerifyError::Algorithm),
            (json!({ "alg": "RS256", "typ": "at+jwt" }), VerifyError::UnknownKey),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": "another" }), VerifyError::UnknownKey),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": 1 }), VerifyError::UnknownKey),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid, "jwk": jwk }), VerifyError::Header),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid, "jku": "https://a.example" }), VerifyError::Header),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid, "x5u": "https://a.example" }), VerifyError::Header),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid, "x5c": [] }), VerifyError::Header),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid, "crit": ["exp"] }), VerifyError::Header),
            (json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid, "b64": false }), VerifyError::Header),
            // Nothing is wrong with this one, but it is not what was signed.
            (json!({ "alg": "RS256", "typ": "AT+JWT", "kid": kid }), VerifyError::Signature),
            (json!({ "alg": "RS256", "typ": "application/at+jwt", "kid": kid }), VerifyError::Signature),
        ] {
            let token = format!("{}.{claims}.{signature}", encode(header.to_string()));
            assert_eq!(store.verify(ACCESS, &token), Err(problem.clone()), "{header}");
            let unsigned = format!("{}.{claims}.", encode(header.to_string()));
            assert_eq!(store.verify(ACCESS, &unsigned), Err(problem), "{header}, unsigned");
        }
    })
    .await;
}

#[tokio::test]
async fn req_086_a_public_key_is_no_shared_secret() {
    on_each_database(async |store, _clock| {
        let [header, claims, _] = parts(&store, SigningAlgorithm::Rs256).await;
        let public = &store.jwks()["keys"][0];
        let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().expect("n")).expect("base64url");
        for secret in [modulus.as_slice(), public.to_string().as_bytes()] {
            for header in [json!({ "alg": "HS256", "typ": "at+jwt", "kid": kid(&header) }), json!({ "alg": "HS256" })] {
                let message = format!("{}.{claims}", encode(header.to_string()));
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
                let token = format!("{message}.{}", encode(tag));
                assert_eq!(store.verify(ACCESS, &token), Err(VerifyError::Algorithm), "{header}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn req_086_another_key_or_another_content_has_another_signature() {
    on_each_database(async |store, _clock| {
        for &algorithm in SigningAlgorithm::ALL {
            let [header, claims, signature] = parts(&store, algorithm).await;
            assert!(store.verify(ACCESS, &format!("{header}.{claims}.{signature}")).is_ok());
            let forged = encode(json!({ "sub": "somebody else" }).to_string());
            let [_, _, other] = {
                let other = store.sign(algorithm, ACCESS, &json!({ "sub": "another" })).await.expect("signed");
                let parts: Vec<_> = other.split('.').map(str::to_owned).collect();
                <[String; 3]>::try_from(parts).expect("three")
            };
            let mut flipped = URL_SAFE_NO_PAD.decode(&signature).expect("base64url");
            flipped[7] ^= 1;
            let stranger = stranger(algorithm, format!("{header}.{claims}").as_bytes());
            for (what, token) in [
                ("other claims", format!("{header}.{forged}.{signature}")),
                ("another token's signature", format!("{header}.{claims}.{other}")),
                ("one bit", format!("{header}.{claims}.{}", encode(&flipped))),
                ("one byte less", format!("{header}.{claims}.{}", encode(&flipped[1..]))),
                ("another key", format!("{header}.{claims}.{}", encode(stranger))),
                ("zeros", format!("{header}.{claims}.{}", encode([0; 64]))),
                ("none", format!("{header}.{claims}.")),
            ] {
                assert_eq!(store.verify(ACCESS, &token), Err(VerifyError::Signature), "{algorithm}: {what}");
            }
        }
    })
    .await;
}

/// The signature of a key that is not ours.
fn stranger(algorithm: SigningAlgorithm, message: &[u8]) -> Vec<u8> {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    };
    match algorithm {
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a pair");
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("signed");
            signature
        }
        SigningAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair");
            pair.sign(&SystemRandom::new(), message).expect("signed").as_ref().to_vec()
        }
        SigningAlgorithm::EdDsa => Ed25519KeyPair::generate().expect("a pair").sign(message).as_ref().to_vec(),
    }
}

#[tokio::test]
async fn req_085_a_token_of_another_kind_is_refused() {
    on_each_database(async |store, _clock| {
        for &algorithm in SigningAlgorithm::ALL {
            for (made, asked) in [(TokenKind::IdToken, ACCESS), (ACCESS, TokenKind::IdToken)] {
                let token = store.sign(algorithm, made, &json!({ "sub": "somebody" })).await.expect("signed");
                assert_eq!(store.verify(asked, &token), Err(VerifyError::Kind), "{made} as {asked}");
                assert!(store.verify(made, &token).is_ok());
            }
        }
        let [header, claims, signature] = parts(&store, SigningAlgorithm::Rs256).await;
        for typ in [json!("logout+jwt"), json!("secevent+jwt"), json!("at"), json!(""), json!("application/"), json!(1)]
        {
            let header = json!({ "alg": "RS256", "typ": typ, "kid": kid(&header) });
            let token = format!("{}.{claims}.{signature}", encode(header.to_string()));
            assert_eq!(store.verify(ACCESS, &token), Err(VerifyError::Kind), "{typ}");
        }
        let untyped = encode(json!({ "alg": "RS256", "kid": kid(&header) }).to_string());
        assert_eq!(store.verify(ACCESS, &format!("{untyped}.{claims}.{signature}")), Err(VerifyError::Kind));
    })
    .await;
}

#[tokio::test]
async fn req_086_only_the_one_spelling_of_three_parts_is_read() {
    on_each_database(async |store, _clock| {
        let [header, claims, signature] = parts(&store, SigningAlgorithm::EdDsa).await;
        let twice =
            encode(format!("{{\"alg\":\"none\",\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":{}}}", kid(&header)));
        let listed = encode("[\"alg\"]");
        // 64 bytes end in a digit of which four bits say nothing: another digit there is another text.
        let last = signature.chars().last().expect("a digit");
        let other = if last == 'B' { 'C' } else { 'B' };
        let respelt = format!("{}{other}", &signature[..signature.len() - 1]);
        for token in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            format!("{header}.{claims}"),
            format!("{header}.{claims}.{signature}.{signature}"),
            format!(" {header}.{claims}.{signature}"),
            format!("{header}.{claims}.{signature}\n"),
            format!("{header}=.{claims}.{signature}"),
            format!("{header}.{claims}.{signature}=="),
            format!("{header}.{claims}.{respelt}"),
            format!("{header}.{claims}.+{}", &signature[1..]),
            format!("{twice}.{claims}.{signature}"),
            format!("{listed}.{claims}.{signature}"),
            format!("é.{claims}.{signature}"),
            format!("{header}.{}.{signature}", "A".repeat(20_000)),
        ] {
            let outcome = store.verify(ACCESS, &token);
            assert_eq!(outcome, Err(VerifyError::Malformed), "{token}");
        }
    })
    .await;
}

#[tokio::test]
async fn req_086_claims_are_an_object_without_duplicates() {
    on_each_database(async |store, _clock| {
        for claims in [json!([]), json!("text"), json!(null), json!(1)] {
            let token = store.sign(SigningAlgorithm::EdDsa, ACCESS, &claims).await.expect("signed");
            assert_eq!(store.verify(ACCESS, &token), Err(VerifyError::Malformed), "{claims}");
        }
    })
    .await;
}
