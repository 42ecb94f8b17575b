//! The workshop: tests/servers/workshop.py says what its handlers do. They read their content themselves, so that
//! `entered` is noted before any of it is read; those of the bookshop leave reading to an extractor.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard};

use axum::body::{to_bytes, Body, Bytes};
use axum::extract::{FromRequest, Multipart, Path, Request};
use axum::http::{Method, StatusCode};
use axum::Json;
use futures_core::Stream;
use serde_json::{json, Map, Value};
use uuid::Uuid;

use crate::record::{entered, wrote};
use crate::table::Table;

type Object = Map<String, Value>;
type Refusal = (StatusCode, Json<Value>);
type Answer = Result<(StatusCode, Json<Value>), Refusal>;
type Done = Result<StatusCode, Refusal>;

const PROJECT: Uuid = Uuid::from_u128(0x6f1c2a34_9b7e_4d53_8a10_2c4e6f8a0b1d);
const COMMENTS: &str = "/tenants/{tenant}/projects/{projectId}/tasks/{taskId}/comments";
const COMMENT: &str = "/tenants/{tenant}/projects/{projectId}/tasks/{taskId}/comments/{commentId}";
const DOCUMENTED: [&str; 24] = [
    "/status",
    "/tenants/{tenant}",
    "/tenants/{tenant}/projects",
    COMMENTS,
    COMMENT,
    "/projects/{projectId}",
    "/reports/{period}",
    "/labels",
    "/labels/{slug}",
    "/tasks",
    "/tasks/count",
    "/tasks/{taskId}",
    "/tasks/{taskId}/close",
    "/tasks/{taskId}/watchers",
    "/machine/restart",
    "/machine/log",
    "/trash",
    "/profile",
    "/settings",
    "/files/{name}",
    "/pings",
    "/imports",
    "/exports",
    "/hooks/{hookId}",
];

struct Workshop {
    projects: BTreeMap<Uuid, Value>,
    tasks: BTreeMap<u64, Value>,
    comments: BTreeMap<String, Value>,
    labels: BTreeMap<String, Value>,
    files: BTreeMap<String, Vec<u8>>,
    profile: Value,
    settings: Value,
}

static WORKSHOP: LazyLock<Mutex<Workshop>> = LazyLock::new(|| {
    Mutex::new(Workshop {
        projects: BTreeMap::from([(PROJECT, json!({"id": PROJECT, "title": "Lathe"}))]),
        tasks: BTreeMap::from([(7, json!({"id": 7, "title": "oil it"})), (8, json!({"id": 8, "title": "test it"}))]),
        comments: BTreeMap::from([("first-words".into(), json!({"id": "first-words", "text": "well done"}))]),
        labels: BTreeMap::from([("urgent".into(), json!({"slug": "urgent", "colour": "red"}))]),
        files: BTreeMap::from([("manual.txt".into(), b"Read this first.\n".to_vec())]),
        profile: json!({"name": "anna"}),
        settings: json!({"theme": "dark", "beep": false}),
    })
});

pub fn table() -> Table {
    Table::new("/api/v2", &DOCUMENTED)
        .route("GET", "/status", || async { Json(json!({"status": "up"})) })
        .route("GET", "/tenants/{tenant}", get_tenant)
        .route("GET", "/tenants/{tenant}/projects", list_projects)
        .route("POST", "/tenants/{tenant}/projects", create_project)
        .route("GET", COMMENTS, list_comments)
        .route("POST", COMMENTS, create_comment)
        .route("GET", COMMENT, get_comment)
        .route("DELETE", COMMENT, delete_comment)
        .route("GET", "/projects/{projectId}", get_project)
        .route("DELETE", "/projects/{projectId}", delete_project)
        .route("GET", "/reports/{period}", get_report)
        .route("POST", "/reports/{period}", run_report)
        .route("GET", "/labels", || async { list(&workshop().labels) })
        .route("GET", "/labels/{slug}", get_label)
        .route("PUT", "/labels/{slug}", put_label)
        .route("PATCH", "/labels/{slug}", change_label)
        .route("GET", "/tasks", || async { list(&workshop().tasks) })
        .route("POST", "/tasks", create_task)
        .route("DELETE", "/tasks", delete_tasks)
        .route("GET", "/tasks/count", || async { Json(json!({"count": workshop().tasks.len()})) })
        .route("GET", "/tasks/{taskId}", get_task)
        .route("PATCH", "/tasks/{taskId}", change_task)
        .route("DELETE", "/tasks/{taskId}", delete_task)
        .route("POST", "/tasks/{taskId}/close", close_task)
        .route("POST", "/machine/restart", || async { act("POST /machine/restart", StatusCode::ACCEPTED) })
        .route("GET", "/machine/log", || async { Json(json!({"lines": ["started"]})) })
        .route("DELETE", "/machine/log", || async { act("DELETE /machine/log", StatusCode::NO_CONTENT) })
        .route("DELETE", "/trash", || async { act("DELETE /trash", StatusCode::NO_CONTENT) })
        .route("GET", "/profile", || async { Json(workshop().profile.clone()) })
        .route("PUT", "/profile", put_profile)
        .route("GET", "/settings", || async { Json(workshop().settings.clone()) })
        .route("PATCH", "/settings", |request| change_settings("PATCH /settings", request))
        .route("PUT", "/settings", |request| change_settings("PUT /settings", request))
        .route("GET", "/files/{name}", get_file)
        .route("PUT", "/files/{name}", put_file)
        .route("POST", "/pings", || async { act("POST /pings", StatusCode::ACCEPTED) })
        .route("POST", "/imports", import_file)
        .any("/hooks/{hookId}", call_hook)
}

fn workshop() -> MutexGuard<'static, Workshop> {
    WORKSHOP.lock().expect("a handler failed")
}

fn missing() -> Refusal {
    (StatusCode::NOT_FOUND, Json(json!({"error": "no such object"})))
}

fn invalid(why: &str) -> Refusal {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": why})))
}

fn ok(value: &Value) -> Answer {
    Ok((StatusCode::OK, Json(value.clone())))
}

/// Changes something whenever it is entered, and reads no content.
fn act(what: &str, status: StatusCode) -> StatusCode {
    entered(what);
    wrote(what.into());
    status
}

fn list<K>(store: &BTreeMap<K, Value>) -> Json<Value> {
    Json(store.values().cloned().collect())
}

fn show<K: Ord>(store: &BTreeMap<K, Value>, key: &K) -> Answer {
    ok(store.get(key).ok_or_else(missing)?)
}

fn remove<K: Ord>(store: &mut BTreeMap<K, Value>, key: &K, what: &str) -> Done {
    store.remove(key).ok_or_else(missing)?;
    wrote(what.into());
    Ok(StatusCode::NO_CONTENT)
}

fn merge(item: &mut Value, data: Object, what: &str) -> Answer {
    item.as_object_mut().expect("an object").extend(data);
    wrote(what.into());
    ok(item)
}

/// The content to its end: an object with the required member.
async fn whole(request: Request, required: &str) -> Result<Object, Refusal> {
    let data = to_bytes(request.into_body(), 1 << 20).await.map_err(|_| invalid("content ended early"))?;
    let object: Object = serde_json::from_slice(&data).map_err(|_| invalid("not a JSON object"))?;
    if required.is_empty() || object.contains_key(required) {
        return Ok(object);
    }
    Err(invalid(&format!("{required} is required")))
}

fn tenant_of(tenant: &str) -> Result<(), Refusal> {
    if tenant == "acme" {
        return Ok(());
    }
    Err(missing())
}

fn parents(tenant: &str, project: &Uuid, task: &u64) -> Result<(), Refusal> {
    tenant_of(tenant)?;
    let store = workshop();
    if store.projects.contains_key(project) && store.tasks.contains_key(task) {
        return Ok(());
    }
    Err(missing())
}

async fn get_tenant(Path(tenant): Path<String>) -> Answer {
    tenant_of(&tenant)?;
    ok(&json!({"slug": "acme", "name": "Acme"}))
}

async fn list_projects(Path(tenant): Path<String>) -> Result<Json<Value>, Refusal> {
    tenant_of(&tenant)?;
    Ok(list(&workshop().projects))
}

async fn create_project(Path(tenant): Path<String>, request: Request) -> Answer {
    entered("POST /tenants/{tenant}/projects");
    let mut data = whole(request, "title").await?;
    tenant_of(&tenant)?;
    let mut store = workshop();
    let key = Uuid::from_u128(store.projects.len() as u128);
    data.insert("id".into(), json!(key));
    store.projects.insert(key, Value::Object(data.clone()));
    wrote(format!("project {key} created"));
    Ok((StatusCode::CREATED, Json(Value::Object(data))))
}

async fn list_comments(Path((tenant, project, task)): Path<(String, Uuid, u64)>) -> Result<Json<Value>, Refusal> {
    parents(&tenant, &project, &task)?;
    Ok(list(&workshop().comments))
}

async fn create_comment(Path((tenant, project, task)): Path<(String, Uuid, u64)>, request: Request) -> Answer {
    entered(&format!("POST {COMMENTS}"));
    let mut data = whole(request, "text").await?;
    parents(&tenant, &project, &task)?;
    let mut store = workshop();
    let key = format!("new-{}", store.comments.len());
    data.insert("id".into(), json!(key));
    store.comments.insert(key.clone(), Value::Object(data.clone()));
    wrote(format!("comment {key} created"));
    Ok((StatusCode::CREATED, Json(Value::Object(data))))
}

async fn get_comment(Path((tenant, project, task, comment)): Path<(String, Uuid, u64, String)>) -> Answer {
    parents(&tenant, &project, &task)?;
    show(&workshop().comments, &comment)
}

async fn delete_comment(Path((tenant, project, task, comment)): Path<(String, Uuid, u64, String)>) -> Done {
    entered(&format!("DELETE {COMMENT}"));
    parents(&tenant, &project, &task)?;
    remove(&mut workshop().comments, &comment, "comment deleted")
}

async fn get_project(Path(project): Path<Uuid>) -> Answer {
    show(&workshop().projects, &project)
}

async fn delete_project(Path(project): Path<Uuid>) -> Done {
    entered("DELETE /projects/{projectId}");
    remove(&mut workshop().projects, &project, "project deleted")
}

fn period_of(period: &str) -> Result<(), Refusal> {
    if ["daily", "weekly"].contains(&period) {
        return Ok(());
    }
    Err(missing())
}

async fn get_report(Path(period): Path<String>) -> Answer {
    period_of(&period)?;
    ok(&json!({"period": period, "done": 3}))
}

async fn run_report(Path(period): Path<String>) -> Done {
    entered("POST /reports/{period}");
    period_of(&period)?;
    wrote(format!("report {period} made anew"));
    Ok(StatusCode::ACCEPTED)
}

async fn get_label(Path(slug): Path<String>) -> Answer {
    show(&workshop().labels, &slug)
}

async fn put_label(Path(slug): Path<String>, request: Request) -> Answer {
    entered("PUT /labels/{slug}");
    let data = whole(request, "colour").await?;
    let mut store = workshop();
    let known = store.labels.contains_key(&slug);
    let item = store.labels.entry(slug.clone()).or_insert_with(|| json!({"slug": slug}));
    let (status, body) = merge(item, data, "label put")?;
    Ok((if known { status } else { StatusCode::CREATED }, body))
}

async fn change_label(Path(slug): Path<String>, request: Request) -> Answer {
    entered("PATCH /labels/{slug}");
    let data = whole(request, "").await?;
    merge(workshop().labels.get_mut(&slug).ok_or_else(missing)?, data, "label changed")
}

async fn create_task(request: Request) -> Answer {
    entered("POST /tasks");
    let mut data = whole(request, "title").await?;
    let mut store = workshop();
    let key = store.tasks.keys().max().unwrap_or(&0) + 1;
    data.insert("id".into(), json!(key));
    store.tasks.insert(key, Value::Object(data.clone()));
    wrote(format!("task {key} created"));
    Ok((StatusCode::CREATED, Json(Value::Object(data))))
}

async fn delete_tasks() -> StatusCode {
    let done = act("DELETE /tasks", StatusCode::NO_CONTENT);
    workshop().tasks.clear();
    done
}

async fn get_task(Path(task): Path<u64>) -> Answer {
    show(&workshop().tasks, &task)
}

async fn change_task(Path(task): Path<u64>, request: Request) -> Answer {
    entered("PATCH /tasks/{taskId}");
    let data = whole(request, "").await?;
    merge(workshop().tasks.get_mut(&task).ok_or_else(missing)?, data, "task changed")
}

async fn delete_task(Path(task): Path<u64>) -> Done {
    entered("DELETE /tasks/{taskId}");
    remove(&mut workshop().tasks, &task, "task deleted")
}

async fn close_task(Path(task): Path<u64>) -> Done {
    entered("POST /tasks/{taskId}/close");
    workshop().tasks.get(&task).ok_or_else(missing)?;
    wrote(format!("task {task} closed"));
    Ok(StatusCode::NO_CONTENT)
}

async fn put_profile(request: Request) -> Answer {
    entered("PUT /profile");
    let data = whole(request, "name").await?;
    merge(&mut workshop().profile, data, "profile changed")
}

async fn change_settings(what: &'static str, request: Request) -> Answer {
    entered(what);
    let data = whole(request, "").await?;
    merge(&mut workshop().settings, data, "settings changed")
}

async fn get_file(Path(name): Path<String>) -> Result<Bytes, Refusal> {
    workshop().files.get(&name).cloned().map(Bytes::from).ok_or_else(missing)
}

/// Streams: what was there before is gone with the first byte, or at the end of empty content.
async fn put_file(Path(name): Path<String>, body: Body) -> Done {
    entered("PUT /files/{name}");
    let mut stream = std::pin::pin!(body.into_data_stream());
    let mut begun = false;
    loop {
        let chunk = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await;
        if !begun && !matches!(chunk, Some(Err(_))) {
            begun = true;
            workshop().files.insert(name.clone(), Vec::new());
            wrote(format!("file {name} created"));
        }
        match chunk {
            None => return Ok(StatusCode::NO_CONTENT),
            Some(Err(_)) => return Err((StatusCode::BAD_REQUEST, Json(json!({"error": "content ended early"})))),
            Some(Ok(data)) => workshop().files.entry(name.clone()).or_default().extend(&data),
        }
    }
}

async fn import_file(request: Request) -> Done {
    entered("POST /imports");
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| invalid("not a form"))?;
    let mut file = false;
    while let Some(field) = form.next_field().await.map_err(|_| invalid("the form ended early"))? {
        file |= field.name() == Some("file");
        field.bytes().await.map_err(|_| invalid("the form ended early"))?;
    }
    if !file {
        return Err(invalid("file is required"));
    }
    wrote("imported".into());
    Ok(StatusCode::ACCEPTED)
}

async fn call_hook(method: Method) -> StatusCode {
    entered(&format!("{method} /hooks/{{hookId}}"));
    wrote(format!("hook called by {method}"));
    StatusCode::ACCEPTED
}
