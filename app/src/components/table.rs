//! Tables that become labelled cards where there is no room: the same markup, `data-label` on the cells.

use leptos::prelude::*;

/// A table. Rows are `<tr>`; a cell is `<td data-label="Created">`, the one that names the row `<td class="lead">`, its
/// state `<td class="state">`, its buttons `<td class="acts">`, a cell of several lines `<td class="long">`.
#[component]
pub fn Table(
    /// What it lists, for screen readers.
    #[prop(into)]
    caption: String,
    /// The columns' heads; an empty one heads the buttons.
    columns: Vec<&'static str>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    // Few columns have room where many have none.
    let frame = match columns.len() {
        0..=4 => "table-frame few",
        5 => "table-frame five",
        _ => "table-frame",
    };
    let heads = columns.into_iter().map(|head| {
        if head.is_empty() {
            view! { <th scope="col"><span class="visually-hidden">"Actions"</span></th> }.into_any()
        } else {
            view! { <th scope="col">{head}</th> }.into_any()
        }
    });
    view! {
        <div class=frame>
            <table class="table">
                <caption class="visually-hidden">{caption}</caption>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// A name with a mark before it and a soft line under it, as the first cell of a row shows it.
#[component]
pub fn Who(
    /// The mark.
    #[prop(optional, into)]
    mark: Option<AnyView>,
    /// The name or a link with it.
    name: AnyView,
    /// The line under it.
    #[prop(optional, into)]
    note: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="who">
            {mark}
            <span><b>{name}</b>{note.map(|note| view! { <span class="soft small">{note}</span> })}</span>
        </div>
    }
}
