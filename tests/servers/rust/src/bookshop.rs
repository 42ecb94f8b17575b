//! The bookshop.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::Json;
use serde_json::{json, Map, Value};
use uuid::Uuid;

use crate::record::{entered, wrote};
use crate::table::Table;

type Object = Map<String, Value>;
type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;
type Created = Result<(StatusCode, Json<Value>), (StatusCode, Json<Value>)>;
type Gone = Result<StatusCode, (StatusCode, Json<Value>)>;

struct Shop {
    books: BTreeMap<u64, Value>,
    authors: BTreeMap<String, Value>,
    orders: BTreeMap<Uuid, Value>,
}

static SHOP: LazyLock<Mutex<Shop>> = LazyLock::new(|| {
    Mutex::new(Shop {
        books: BTreeMap::from([
            (1, json!({"id": 1, "title": "The Dispossessed", "price": 12.5})),
            (2, json!({"id": 2, "title": "The Lathe of Heaven", "price": 9.0})),
        ]),
        authors: BTreeMap::from([(
            "ursula-le-guin".into(),
            json!({"slug": "ursula-le-guin", "bio": "wrote of other worlds"}),
        )]),
        orders: BTreeMap::from([(Uuid::from_u128(1), json!({"id": Uuid::from_u128(1), "bookId": 1, "quantity": 1}))]),
    })
});

const DOCUMENTED: [&str; 9] = [
    "/health",
    "/books",
    "/books/{bookId}",
    "/books/{bookId}/reviews",
    "/authors/{slug}",
    "/orders",
    "/orders/{orderId}",
    "/search",
    "/cache",
];

pub fn table() -> Table {
    Table::new("/v1", &DOCUMENTED)
        .route("GET", "/health", || async { Json(json!({"status": "up"})) })
        .route("GET", "/books", list_books)
        .route("POST", "/books", create_book)
        .route("GET", "/books/{bookId}", get_book)
        .route("PATCH", "/books/{bookId}", change_book)
        .route("DELETE", "/books/{bookId}", delete_book)
        .route("GET", "/authors/{slug}", get_author)
        .route("PATCH", "/authors/{slug}", change_author)
        .route("DELETE", "/authors/{slug}", delete_author)
        .route("POST", "/orders/", create_order)
        .with_slash("/orders")
        .route("GET", "/orders/{orderId}", get_order)
        .route("GET", "/search", search)
        .route("DELETE", "/cache", flush)
}

fn shop() -> std::sync::MutexGuard<'static, Shop> {
    SHOP.lock().expect("a handler failed")
}

fn show<K: Ord>(store: &BTreeMap<K, Value>, key: &K) -> Answer {
    store.get(key).map(|item| Json(item.clone())).ok_or_else(missing)
}

fn change<K: Ord>(store: &mut BTreeMap<K, Value>, key: &K, data: Object, what: String) -> Answer {
    let item = store.get_mut(key).ok_or_else(missing)?;
    item.as_object_mut().expect("an object").extend(data);
    wrote(what);
    Ok(Json(item.clone()))
}

fn remove<K: Ord>(store: &mut BTreeMap<K, Value>, key: &K, what: String) -> Gone {
    store.remove(key).ok_or_else(missing)?;
    wrote(what);
    Ok(StatusCode::NO_CONTENT)
}

fn missing() -> (StatusCode, Json<Value>) {
    (StatusCode::NOT_FOUND, Json(json!({"error": "no such object"})))
}

fn complete(data: &Object, names: [&str; 2]) -> Result<(), (StatusCode, Json<Value>)> {
    if names.iter().all(|name| data.contains_key(*name)) {
        return Ok(());
    }
    Err((StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": format!("required: {}", names.join(", "))}))))
}

async fn list_books() -> Json<Value> {
    Json(shop().books.values().cloned().collect())
}

async fn create_book(Json(mut data): Json<Object>) -> Created {
    entered("POST /books");
    complete(&data, ["title", "price"])?;
    let mut shop = shop();
    let number = shop.books.keys().max().unwrap_or(&0) + 1;
    data.insert("id".into(), number.into());
    shop.books.insert(number, Value::Object(data.clone()));
    wrote(format!("book {number} created"));
    Ok((StatusCode::CREATED, Json(Value::Object(data))))
}

async fn get_book(Path(number): Path<u64>) -> Answer {
    show(&shop().books, &number)
}

async fn change_book(Path(number): Path<u64>, Json(data): Json<Object>) -> Answer {
    entered("PATCH /books/{bookId}");
    change(&mut shop().books, &number, data, format!("book {number} changed"))
}

async fn delete_book(Path(number): Path<u64>) -> Gone {
    entered("DELETE /books/{bookId}");
    remove(&mut shop().books, &number, format!("book {number} deleted"))
}

async fn get_author(Path(slug): Path<String>) -> Answer {
    show(&shop().authors, &slug)
}

async fn change_author(Path(slug): Path<String>, Json(data): Json<Object>) -> Answer {
    entered("PATCH /authors/{slug}");
    change(&mut shop().authors, &slug, data, format!("author {slug} changed"))
}

async fn delete_author(Path(slug): Path<String>) -> Gone {
    entered("DELETE /authors/{slug}");
    remove(&mut shop().authors, &slug, format!("author {slug} deleted"))
}

async fn create_order(Json(mut data): Json<Object>) -> Created {
    entered("POST /orders/");
    complete(&data, ["bookId", "quantity"])?;
    let mut shop = shop();
    let number = Uuid::from_u128(shop.orders.len() as u128 + 1);
    data.insert("id".into(), json!(number));
    shop.orders.insert(number, Value::Object(data.clone()));
    wrote(format!("order {number} created"));
    Ok((StatusCode::CREATED, Json(Value::Object(data))))
}

async fn get_order(Path(number): Path<Uuid>) -> Answer {
    show(&shop().orders, &number)
}

async fn search(Query(given): Query<BTreeMap<String, String>>) -> Json<Value> {
    let text = given.get("q").map(|text| text.to_lowercase()).unwrap_or_default();
    let fits = |book: &&Value| book["title"].as_str().is_some_and(|title| title.to_lowercase().contains(&text));
    Json(shop().books.values().filter(fits).cloned().collect())
}

async fn flush() -> StatusCode {
    entered("DELETE /cache");
    wrote("cache flushed".into());
    StatusCode::NO_CONTENT
}
