//! Test servers on axum: which API they deploy is the option `api`.

mod bookshop;
mod record;
mod table;
mod workshop;

use std::io::Read;
use std::net::SocketAddr;

use axum::extract::Request;
use axum::middleware::{from_fn, Next};
use axum::response::Response;
use record::note;
use serde_json::{json, Value};

async fn log(request: Request, next: Next) -> Response {
    note(json!({"request": [request.method().as_str(), request.uri().to_string()]}));
    next.run(request).await
}

/// Ends this process when whoever started it is gone: its end of our standard input closes then.
fn die_with_parent() {
    std::thread::spawn(|| {
        let mut input = std::io::stdin().lock();
        while matches!(input.read(&mut [0; 1024]), Ok(1..)) {}
        std::process::exit(0);
    });
}

fn main() {
    let given = std::env::var("TEST_SERVER").expect("TEST_SERVER is not set");
    let settings: Value = serde_json::from_str(&given).expect("TEST_SERVER is not JSON");
    record::open(settings["journal"].as_str().expect("no journal"));
    die_with_parent();
    let table = match settings["options"]["api"].as_str() {
        Some("bookshop") => bookshop::table(),
        Some("workshop") => workshop::table(),
        other => panic!("no such API: {other:?}"),
    };
    let port = settings["port"].as_u64().expect("no port") as u16;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("no runtime");
    runtime.block_on(async {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let listener = tokio::net::TcpListener::bind(address).await.expect("cannot listen");
        note(json!({"truth": table.served}));
        note(json!({"ready": listener.local_addr().expect("no address").port()}));
        axum::serve(listener, table.router.layer(from_fn(log))).await.expect("cannot serve");
    });
}
