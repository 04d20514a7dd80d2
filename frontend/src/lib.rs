//! Wakes the islands. Everything that they are made of is in `app`.

// The islands' exports are found by name: the crate has to be linked.
use app::components::escape::close_on_escape;

/// Called by the shell's script once the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
    close_on_escape();
}
