//! What a tidy file looks like: it says what it is, it is short, it has a name that means something, and it does not panic.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, ItemImpl};

use super::Violation;
use super::paths::{How, named};
use super::source::{Source, attributes, is_for_tests};

const MAX_FILE_LINES: usize = 400;
const MAX_FUNCTION_LINES: usize = 90;

/// Files, and functions as `file::name`, that may be longer, each with its reason.
const LONG: &[(&str, &str)] = &[];

/// Names that say nothing.
const BANNED: [&str; 15] = [
    "util", "utils", "helper", "helpers", "manager", "service", "base", "common", "imp", "misc", "data",
    "info", "handler", "handlers", "stuff",
];

/// A file whose name is banned elsewhere, with its reason.
const NAMED: &[(&str, &str)] = &[
    ("model/service.rs", "a service of a Compose file is a noun of the user"),
    ("config/compose/service.rs", "reads that noun"),
];

/// Everything that is untidy in one file.
pub fn check(source: &Source) -> Vec<Violation> {
    let mut walk = Walk { source, tests: usize::from(source.is_test), in_drop: false, found: Vec::new() };
    walk.header();
    walk.name();
    walk.length();
    walk.visit_file(&source.file);
    walk.paths();
    walk.found
}

/// Exceptions that nothing needs any more.
pub fn stale_exceptions(sources: &[Source]) -> Vec<Violation> {
    let is_needed = |name: &str| {
        sources.iter().any(|source| {
            name.strip_prefix(source.path.as_str()).is_some_and(|rest| match rest.strip_prefix("::") {
                None => rest.is_empty() && source.text.lines().count() > MAX_FILE_LINES,
                Some(function) => Lengths::of(source)
                    .iter()
                    .any(|(name, lines)| name == function && *lines > MAX_FUNCTION_LINES),
            })
        })
    };
    let stale = LONG.iter().filter(|(name, _)| !is_needed(name));
    let message = || "is listed as long and is not".to_owned();
    stale.map(|(name, _)| Violation { place: (*name).to_owned(), message: message() }).collect()
}

struct Walk<'a> {
    source: &'a Source,
    tests: usize,
    in_drop: bool,
    found: Vec<Violation>,
}

impl Walk<'_> {
    fn add(&mut self, line: usize, message: impl Into<String>) {
        self.found.push(Violation { place: self.source.place(line), message: message.into() });
    }

    fn header(&mut self) {
        let is_doc = |attribute: &Attribute| attribute.path().is_ident("doc");
        if !self.source.file.attrs.first().is_some_and(is_doc) {
            self.add(1, "has no `//!` header");
        }
    }

    fn name(&mut self) {
        let path = &self.source.path;
        let parts = path.trim_end_matches(".rs").split('/');
        let is_banned = |part: &str| {
            BANNED.contains(&part)
                || part.rsplit_once('_').is_some_and(|(_, last)| BANNED[..5].contains(&last))
        };
        let banned: Vec<&str> = parts.filter(|part| is_banned(part)).collect();
        if !banned.is_empty() && !NAMED.iter().any(|(named, _)| named == path) {
            let message = format!("is named `{}`, which says nothing", banned.join("/"));
            self.add(1, message);
        }
    }

    fn length(&mut self) {
        let lines = self.source.text.lines().count();
        if lines > MAX_FILE_LINES && !LONG.iter().any(|(name, _)| *name == self.source.path) {
            self.add(1, format!("has {lines} lines, {MAX_FILE_LINES} are the limit"));
        }
        for (name, lines) in Lengths::of(self.source) {
            let listed = format!("{}::{name}", self.source.path);
            if lines > MAX_FUNCTION_LINES && !LONG.iter().any(|(name, _)| *name == listed) {
                self.add(1, format!("`{name}` has {lines} lines, {MAX_FUNCTION_LINES} are the limit"));
            }
        }
    }

    /// Panics that are named by a path or as a macro, and `#[path]`, which would move a file out of the tree.
    fn paths(&mut self) {
        for it in named(self.source).into_iter().filter(|it| !it.is_test) {
            let last = it.segments.last().map_or("", String::as_str);
            let panics = match it.how {
                How::Macro => matches!(last, "todo" | "unimplemented"),
                How::Inline => it.segments.len() > 1 && is_panicking(last),
                How::Import | How::Reexport => false,
            };
            if panics {
                self.add(it.line, format!("panics by `{last}`"));
            }
        }
    }

    /// `.unwrap()` in tokens that no grammar describes.
    fn scan(&mut self, tokens: proc_macro2::TokenStream) {
        let trees: Vec<proc_macro2::TokenTree> = tokens.into_iter().collect();
        for pair in trees.windows(2) {
            if let [proc_macro2::TokenTree::Punct(dot), proc_macro2::TokenTree::Ident(name)] = pair
                && dot.as_char() == '.'
                && is_panicking(&name.to_string())
            {
                self.add(name.span().start().line, format!("panics by `{name}`"));
            }
        }
        for tree in trees {
            if let proc_macro2::TokenTree::Group(group) = tree {
                self.scan(group.stream());
            }
        }
    }

    fn no_waiting(&mut self, line: usize, what: &str) {
        if self.in_drop {
            self.add(line, format!("waits in `Drop` by `{what}`"));
        }
    }
}

fn is_panicking(name: &str) -> bool {
    matches!(name, "unwrap" | "expect" | "unwrap_err" | "expect_err")
}

impl<'a> Visit<'a> for Walk<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        let is_test = is_for_tests(attributes(item));
        self.tests += usize::from(is_test);
        visit::visit_item(self, item);
        self.tests -= usize::from(is_test);
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        let is_drop = item
            .trait_
            .as_ref()
            .and_then(|(_, path, _)| path.segments.last())
            .is_some_and(|it| it.ident == "Drop");
        let outer = std::mem::replace(&mut self.in_drop, is_drop);
        visit::visit_item_impl(self, item);
        self.in_drop = outer;
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.add(item.span().start().line, "a module's file follows from its name, without `#[path]`");
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        let name = call.method.to_string();
        let line = call.method.span().start().line;
        if self.tests == 0 && is_panicking(&name) {
            self.add(line, format!("panics by `{name}`"));
        }
        if name == "spawn" || name == "block_on" {
            self.no_waiting(line, &name);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_async(&mut self, it: &'a syn::ExprAsync) {
        self.no_waiting(it.span().start().line, "async");
        visit::visit_expr_async(self, it);
    }

    fn visit_expr_await(&mut self, it: &'a syn::ExprAwait) {
        self.no_waiting(it.span().start().line, "await");
        visit::visit_expr_await(self, it);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let last = path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default();
        if path.segments.len() > 1
            && matches!(last.as_str(), "spawn" | "block_on" | "block_in_place" | "spawn_blocking")
        {
            self.no_waiting(path.span().start().line, &last);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'a syn::Macro) {
        if self.tests == 0 {
            self.scan(item.tokens.clone());
        }
        visit::visit_macro(self, item);
    }
}

/// The functions of a file and their lines.
struct Lengths {
    found: Vec<(String, usize)>,
}

impl Lengths {
    fn of(source: &Source) -> Vec<(String, usize)> {
        let mut lengths = Self { found: Vec::new() };
        lengths.visit_file(&source.file);
        lengths.found
    }

    fn add(&mut self, signature: &syn::Signature, block: &Block) {
        let lines = block.span().end().line - signature.span().start().line + 1;
        self.found.push((signature.ident.to_string(), lines));
    }
}

impl<'a> Visit<'a> for Lengths {
    fn visit_item_fn(&mut self, it: &'a syn::ItemFn) {
        self.add(&it.sig, &it.block);
        visit::visit_item_fn(self, it);
    }

    fn visit_impl_item_fn(&mut self, it: &'a syn::ImplItemFn) {
        self.add(&it.sig, &it.block);
        visit::visit_impl_item_fn(self, it);
    }

    fn visit_trait_item_fn(&mut self, it: &'a syn::TraitItemFn) {
        if let Some(block) = &it.default {
            self.add(&it.sig, block);
        }
        visit::visit_trait_item_fn(self, it);
    }
}
