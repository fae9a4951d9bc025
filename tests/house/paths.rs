//! Every path that a file names, wherever it names it: imports, types, expressions, patterns, attributes and macros.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Macro, Meta, Type, UseTree, Visibility};

use super::source::{Source, attributes, is_for_tests};

/// How a path is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By a private `use`.
    Import,
    /// By a `use` or an alias that others see.
    Reexport,
    /// In place.
    Inline,
    /// As a macro that is called.
    Macro,
}

/// A path as it is written, with the module in which it is.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its segments; `*` at the end of a glob.
    pub segments: Vec<String>,
    /// The name that a `use` gives it.
    pub local: Option<String>,
    /// How it is named.
    pub how: How,
    /// The module that names it.
    pub module: Vec<String>,
    /// The line.
    pub line: usize,
    /// Whether only tests see it.
    pub is_test: bool,
}

/// Every path that `source` names.
pub fn named(source: &Source) -> Vec<Named> {
    let module = source.module.clone();
    let mut walk = Walk { module, tests: usize::from(source.is_test), found: Vec::new() };
    walk.visit_file(&source.file);
    walk.found
}

struct Walk {
    module: Vec<String>,
    tests: usize,
    found: Vec<Named>,
}

impl Walk {
    fn add(&mut self, segments: Vec<String>, local: Option<String>, how: How, line: usize) {
        let (module, is_test) = (self.module.clone(), self.tests > 0);
        self.found.push(Named { segments, local, how, module, line, is_test });
    }

    fn flatten(&mut self, tree: &UseTree, prefix: &[String], how: How) {
        let with = |name: String| [prefix, &[name]].concat();
        let line = tree.span().start().line;
        match tree {
            UseTree::Path(path) => self.flatten(&path.tree, &with(path.ident.unraw().to_string()), how),
            UseTree::Name(name) => {
                let segments = with(name.ident.unraw().to_string());
                let local = segments.iter().rev().find(|segment| *segment != "self").cloned();
                self.add(segments, local, how, line);
            }
            UseTree::Rename(it) => {
                let local = Some(it.rename.unraw().to_string());
                self.add(with(it.ident.unraw().to_string()), local, how, line);
            }
            UseTree::Glob(_) => self.add(with("*".to_owned()), None, how, line),
            UseTree::Group(group) => {
                for item in &group.items {
                    self.flatten(item, prefix, how);
                }
            }
        }
    }

    /// Reads tokens that no grammar describes; in attributes, strings may be paths as well.
    fn scan(&mut self, tokens: TokenStream, has_strings: bool) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            match &trees[at] {
                TokenTree::Ident(_) => at = self.read_path(&[], &trees, at),
                TokenTree::Group(group) => {
                    self.scan(group.stream(), has_strings);
                    at += 1;
                }
                TokenTree::Literal(literal) => {
                    if has_strings {
                        self.read_string(&literal.to_string(), literal.span().start().line);
                    }
                    at += 1;
                }
                TokenTree::Punct(_) => at += 1,
            }
        }
    }

    /// Reads one path that begins at `at` and continues `prefix`; returns the place behind it.
    fn read_path(&mut self, prefix: &[String], trees: &[TokenTree], mut at: usize) -> usize {
        let line = trees[at].span().start().line;
        let mut segments = prefix.to_vec();
        loop {
            match trees.get(at) {
                Some(TokenTree::Ident(ident)) => segments.push(ident.unraw().to_string()),
                Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => segments.push("*".to_owned()),
                Some(TokenTree::Group(group))
                    if group.delimiter() == Delimiter::Brace && !segments.is_empty() =>
                {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for part in
                        inner.split(|tree| matches!(tree, TokenTree::Punct(it) if it.as_char() == ','))
                    {
                        if !part.is_empty() {
                            self.read_path(&segments, part, 0);
                        }
                    }
                    return at + 1;
                }
                _ => break,
            }
            at += 1;
            if !(is_colon(trees.get(at)) && is_colon(trees.get(at + 1))) {
                break;
            }
            at += 2;
        }
        if segments.len() > 1 {
            self.add(segments, None, How::Inline, line);
        }
        at
    }

    fn read_string(&mut self, literal: &str, line: usize) {
        if let Ok(path) = syn::parse_str::<syn::Path>(literal.trim_matches('"')) {
            let segments: Vec<String> = path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
            if segments.len() > 1 {
                self.add(segments, None, How::Inline, line);
            }
        }
    }
}

fn is_colon(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

fn is_public(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

impl<'a> Visit<'a> for Walk {
    fn visit_item(&mut self, item: &'a Item) {
        let is_test = is_for_tests(attributes(item));
        self.tests += usize::from(is_test);
        visit::visit_item(self, item);
        self.tests -= usize::from(is_test);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.module.push(item.ident.unraw().to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        let how = if is_public(&item.vis) { How::Reexport } else { How::Import };
        self.flatten(&item.tree, &[], how);
    }

    fn visit_item_extern_crate(&mut self, item: &'a syn::ItemExternCrate) {
        let name = item.ident.unraw().to_string();
        let local = item.rename.as_ref().map_or_else(|| name.clone(), |(_, rename)| rename.to_string());
        let segments = if name == "self" { vec!["crate".to_owned()] } else { vec![name] };
        self.add(segments, Some(local), How::Import, item.span().start().line);
    }

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        if let (true, Type::Path(path)) = (is_public(&item.vis), &*item.ty) {
            let segments = path.path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
            self.add(segments, None, How::Reexport, item.span().start().line);
        }
        visit::visit_item_type(self, item);
    }

    /// `pub(super)` names no path.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        self.add(segments, None, How::Inline, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'a Macro) {
        let segments = item.path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        self.add(segments, None, How::Macro, item.span().start().line);
        self.scan(item.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        match &attribute.meta {
            Meta::List(list) => self.scan(list.tokens.clone(), true),
            Meta::NameValue(pair) if !attribute.path().is_ident("doc") => {
                if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value {
                    self.read_string(&text.value(), text.span().start().line);
                }
            }
            _ => {}
        }
    }
}
