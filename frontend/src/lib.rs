//! Wakes the islands. Everything that they are made of is in `app`.

// The islands' exports are found by name: the crate only has to be linked.
use app as _;

/// Called by the shell's script once the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
