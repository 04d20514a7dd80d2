//! What the machine can do, measured in the same run.

use std::io::{Error, Result, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;

/// How often the disk is asked to keep something.
const SYNCS: u32 = 100;

/// The mean time of an `fdatasync` after 4 kB were appended to a file in `folder`.
pub(crate) fn sync_time(folder: &Path) -> Result<Duration> {
    let path = folder.join("sync-time");
    let mut file = std::fs::File::create(&path)?;
    let began = Instant::now();
    for _ in 0..SYNCS {
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
    }
    let mean = began.elapsed() / SYNCS;
    std::fs::remove_file(path)?;
    Ok(mean)
}

/// RSA-2048 signatures (PKCS #1 v1.5, SHA-256) per second of all cores together, which sign for `span`.
pub(crate) fn rsa_signatures(span: Duration) -> Result<f64> {
    let cores = std::thread::available_parallelism()?.get();
    let broken = |_| Error::other("RSA does not work here");
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(broken)?;
    let began = Instant::now();
    let sign = || {
        let (random, mut signature, mut count) = (SystemRandom::new(), vec![0; key.public_modulus_len()], 0_u32);
        while began.elapsed() < span {
            key.sign(&RSA_PKCS1_SHA256, &random, b"a header and claims of the usual length", &mut signature)
                .map_err(broken)?;
            count += 1;
        }
        Ok::<_, Error>(count)
    };
    let count: u32 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(sign)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| Error::other("a thread panicked"))?)
            .sum::<Result<_>>()
    })?;
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// Resident memory of a process in MB, as `/proc` tells it.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().map_err(Error::other)?;
    Ok(kilobytes / 1_000)
}
