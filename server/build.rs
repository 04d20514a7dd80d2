//! Puts the site into the binary: `site/pkg` of cargo's target folder (wasm, scripts, styles; `PORTICO_SITE_ROOT` names
//! another place than `site`), and the repository's `public/`.
//!
//! Where no site was built the binary has no `pkg/`, so that `cargo check` works.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=PORTICO_SITE_ROOT");
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    let site = env::var_os("PORTICO_SITE_ROOT").map_or_else(site_of_target, |root| Ok(PathBuf::from(root)))?;
    collect(&site.join("pkg"), "pkg", &mut files)?;
    collect(&here.join("../public"), "", &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in &files {
        let _ = writeln!(table, "    ({name:?}, include_bytes!({:?})),", path.display().to_string());
    }
    table.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("assets.rs"), table)
}

/// `target/site`, four folders above `target/debug/build/server-<hash>/out`: whoever calls cargo gets the same site.
fn site_of_target() -> io::Result<PathBuf> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let target = out.ancestors().nth(4).ok_or_else(|| io::Error::other("OUT_DIR is not in a target folder"))?;
    Ok(target.join("site"))
}

fn variable(name: &str) -> io::Result<String> {
    let value = env::var_os(name).and_then(|value| value.into_string().ok());
    value.ok_or_else(|| io::Error::other(format!("cargo sets {name}")))
}

/// Adds every file below `folder` as `prefix/...`. A folder that does not exist has none.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push((name, path.canonicalize()?));
        }
    }
    Ok(())
}
