//! axum does not tell its routes: whatever is added to its router is noted here in the same step.

use std::collections::{BTreeMap, BTreeSet};

use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, on, MethodFilter};
use axum::Router;

/// A router under a base path, and what its documented paths serve.
pub struct Table {
    pub router: Router,
    pub served: BTreeMap<String, BTreeSet<&'static str>>,
    base: &'static str,
}

impl Table {
    pub fn new(base: &'static str, documented: &[&str]) -> Table {
        let served = documented.iter().map(|path| (path.to_string(), BTreeSet::new())).collect();
        Table { router: Router::new(), served, base }
    }

    /// A path with a trailing slash counts for its twin.
    pub fn route<H, T>(mut self, method: &'static str, path: &str, handler: H) -> Table
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.parse::<Method>().expect("a method")).expect("a method of axum's");
        let full = self.full(path);
        self.router = self.router.route(&full, on(filter, handler));
        self.note(path, &[method])
    }

    /// Every method acts.
    pub fn any<H, T>(mut self, path: &str, handler: H) -> Table
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        let full = self.full(path);
        self.router = self.router.route(&full, any(handler));
        self.note(path, &["GET", "POST", "PUT", "PATCH", "DELETE"])
    }

    /// Sends every method on to the spelling with a slash.
    pub fn with_slash(mut self, path: &str) -> Table {
        let full = self.full(path);
        let to = format!("{full}/");
        let redirect = move || async move { Redirect::permanent(&to).into_response() };
        self.router = self.router.route(&full, any(redirect));
        self
    }

    fn full(&self, path: &str) -> String {
        format!("{}{}", self.base, path)
    }

    fn note(mut self, path: &str, methods: &[&'static str]) -> Table {
        if let Some(served) = self.served.get_mut(path.trim_end_matches('/')) {
            served.extend(methods);
        }
        self
    }
}
