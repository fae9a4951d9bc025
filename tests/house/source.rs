//! Source files: their text, their place in the tree of modules, and whether they are tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item};

use super::Violation;

/// A file of `src/`.
pub struct Source {
    /// Its path from `src/` on (`judge/mod.rs`).
    pub path: String,
    /// Its module, without `crate` (`["judge", "guards"]`).
    pub module: Vec<String>,
    /// Its text.
    pub text: String,
    /// Its syntax.
    pub file: syn::File,
    /// Whether all of it is compiled for tests only.
    pub is_test: bool,
}

impl Source {
    /// Reads `text` as if it stood at `path`.
    pub fn parse(path: &str, text: &str, is_test: bool) -> Self {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let stem = path.strip_suffix(".rs").expect("a Rust file");
        let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
        if stem == "lib" || module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        Self { path: path.to_owned(), module, text: text.to_owned(), file, is_test }
    }

    /// The room that it belongs to; empty for `lib.rs`.
    pub fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    /// `path:line`.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// Every file of `src/`, in order of path.
pub fn all() -> Vec<Source> {
    let reached = reached();
    let read = |path: &String| {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        Source::parse(path, &text, reached.get(path).copied().unwrap_or(false))
    };
    on_disk().iter().map(read).collect()
}

/// Files that no module declares: they look like code and are none.
pub fn unreached() -> Vec<Violation> {
    let reached = reached();
    let lost = on_disk().into_iter().filter(|path| !reached.contains_key(path));
    lost.map(|place| Violation { place, message: "no module declares this file".to_owned() }).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn on_disk() -> Vec<String> {
    fn walk(folder: &Path, files: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut files = Vec::new();
    walk(&root(), &mut files);
    files.sort();
    files
}

/// Files that modules declare, each with whether it is for tests only.
fn reached() -> BTreeMap<String, bool> {
    let mut reached = BTreeMap::new();
    let mut open = vec![("lib.rs".to_owned(), false), ("main.rs".to_owned(), false)];
    while let Some((path, is_test)) = open.pop() {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let source = Source::parse(&path, &text, is_test);
        let folder = if source.room() == "main" { String::new() } else { source.module.join("/") };
        for item in &source.file.items {
            let Item::Mod(declared) = item else { continue };
            if declared.content.is_some() {
                continue;
            }
            let base = Path::new(&folder).join(declared.ident.to_string());
            let child = [base.with_extension("rs"), base.join("mod.rs")]
                .into_iter()
                .find(|it| root().join(it).exists());
            let child = child.unwrap_or_else(|| panic!("{path}: no file for `mod {}`", declared.ident));
            open.push((child.to_str().unwrap().to_owned(), is_test || is_for_tests(&declared.attrs)));
        }
        reached.insert(path, is_test);
    }
    reached
}

/// Whether attributes say `#[cfg(test)]` or `#[test]`.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Meta>().is_ok_and(|condition| requires_test(&condition));
        is_cfg || attribute.path().is_ident("test")
    })
}

/// `test`, or `all(…)` with `test` in it; `any(test, …)` and `not(test)` are compiled without tests as well.
fn requires_test(condition: &syn::Meta) -> bool {
    match condition {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("all") => {
            let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
            list.parse_args_with(parser).is_ok_and(|parts| parts.iter().any(requires_test))
        }
        _ => false,
    }
}

/// The attributes of an item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}
