use super::*;
use std::cell::Cell;

const SECOND: u64 = 1_000_000_000;

/// A server whose answers are all different, with its clock.
#[derive(Clone, Default)]
struct Server(Rc<State>);

#[derive(Default)]
struct State {
    asked: Cell<u32>,
    now: Cell<u64>,
    /// The length of each answer beyond the usual.
    padding: Cell<usize>,
    /// Whether answers are refusals.
    refuses: Cell<bool>,
    /// The fields of each answer about its place in a list.
    place: RefCell<String>,
}

impl Transport for Server {
    type Pending = ();

    fn start(&self, _: Request) -> Result<(), TransportError> {
        self.0.asked.set(self.0.asked.get() + 1);
        Ok(())
    }

    fn finish(&self, (): (), _: usize) -> Result<Response, TransportError> {
        let (number, padding) = (self.0.asked.get(), " ".repeat(self.0.padding.get()));
        let success = !self.0.refuses.get();
        let place = self.0.place.borrow();
        let body =
            format!(r#"{{"success":{success},"errors":[],"result":[{{"id":"{number}"}}]{place}}}{padding}"#);
        let headers = vec![("ratelimit".to_owned(), "limited".to_owned())];
        Ok(Response { status: 200, headers, body: body.into_bytes() })
    }

    fn now(&self) -> u64 {
        self.0.now.get()
    }

    fn wait(&self, _: u32) {}
}

fn request(method: Method, path: &str, token: &str) -> Request {
    Request {
        method,
        scheme: http::uri::Scheme::HTTPS,
        authority: "api.example".to_owned(),
        path_and_query: path.to_owned(),
        headers: vec![("authorization", token.to_owned())],
        body: None,
    }
}

/// The requests of one instance, one after the other.
#[derive(Default)]
struct Instance {
    server: Server,
    cache: Rc<RefCell<Cache>>,
}

impl Instance {
    fn transport(&self) -> Cached<Server> {
        Cached::new(self.server.clone(), Rc::clone(&self.cache))
    }

    /// Asks in a request that may reuse what is this old, and returns the number of the answer.
    fn ask(&self, seconds: u32, asked: Request) -> String {
        let transport = self.transport().reuse_for(seconds);
        let response = transport.finish(transport.start(asked).unwrap(), 1 << 25).unwrap();
        String::from_utf8(response.body).unwrap().split('"').nth(9).unwrap().to_owned()
    }

    fn get(&self, seconds: u32, path: &str) -> String {
        self.ask(seconds, request(Method::Get, path, "a"))
    }
}

#[test]
fn an_answer_is_reused_until_it_is_too_old() {
    let instance = Instance::default();
    instance.server.0.now.set(100 * SECOND);
    assert_eq!(instance.get(30, "/users?page=1"), "1");
    assert_eq!(instance.get(30, "/users?page=2"), "2");
    instance.server.0.now.set(130 * SECOND - 1);
    assert_eq!(instance.get(30, "/users?page=1"), "1");
    // Whatever is kept ends together, so that no list consists of old pages and new ones.
    assert_eq!(instance.get(30, "/users?page=3"), "3");
    instance.server.0.now.set(130 * SECOND);
    assert_eq!(instance.get(30, "/users?page=3"), "4");
    assert_eq!(instance.get(30, "/users?page=1"), "5");
}

#[test]
fn an_answer_that_is_reused_says_nothing_of_the_rate_limit() {
    let instance = Instance::default();
    let transport = instance.transport().reuse_for(30);
    let ask = || transport.finish(transport.start(request(Method::Get, "/roles", "a")).unwrap(), 1 << 20);
    assert_eq!(ask().unwrap().headers.len(), 1);
    assert_eq!(ask().unwrap().headers, []);
    assert_eq!(instance.server.0.asked.get(), 1);
}

#[test]
fn nothing_is_kept_or_reused_unless_the_request_may() {
    let instance = Instance::default();
    let ask_plainly = || {
        let transport = instance.transport();
        transport.finish(transport.start(request(Method::Get, "/users", "a")).unwrap(), 1 << 20).unwrap();
    };
    ask_plainly();
    assert_eq!(instance.get(30, "/users"), "2");
    ask_plainly();
    assert_eq!(instance.get(30, "/users"), "2");
    // Zero seconds are none, and end what was kept.
    assert_eq!(instance.get(0, "/users"), "4");
    assert_eq!(instance.get(30, "/users"), "5");
}

#[test]
fn only_a_success_that_was_read_is_kept() {
    let instance = Instance::default();
    instance.server.0.refuses.set(true);
    assert_eq!([instance.get(30, "/users"), instance.get(30, "/users")], ["1", "2"]);
    instance.server.0.refuses.set(false);
    for method in [Method::Put, Method::Post, Method::Patch, Method::Delete] {
        instance.ask(30, request(method, "/users", "a"));
    }
    assert_eq!(instance.get(30, "/users"), "7");
}

#[test]
fn other_credentials_find_nothing_and_leave_nothing() {
    let instance = Instance::default();
    assert_eq!(instance.get(30, "/users"), "1");
    assert_eq!(instance.ask(30, request(Method::Get, "/users", "b")), "2");
    assert_eq!(instance.get(30, "/users"), "3");
    let elsewhere = Request { authority: "other.example".to_owned(), ..request(Method::Get, "/users", "a") };
    assert_eq!(instance.ask(30, elsewhere), "4");
}

#[test]
fn a_list_that_is_too_long_is_not_kept_in_part() {
    let instance = Instance::default();
    assert_eq!(instance.get(30, "/groups?page=1"), "1");
    instance.server.0.padding.set(MOST_BYTES / 3);
    for page in 1..=4 {
        instance.get(30, &format!("/users?page={page}"));
    }
    assert_eq!(instance.cache.borrow().answers.len(), 1, "the groups alone");
    assert!(instance.cache.borrow().bytes < 1000);
    assert_eq!(instance.get(30, "/users?page=1"), "6");
    assert_eq!(instance.get(30, "/groups?page=1"), "1");
}

#[test]
fn an_answer_is_never_longer_than_the_limit() {
    let instance = Instance::default();
    instance.get(30, "/users");
    let transport = instance.transport().reuse_for(30);
    let answer = transport.finish(transport.start(request(Method::Get, "/users", "a")).unwrap(), 10);
    assert!(matches!(answer, Err(TransportError::CutShort { why: Cut::TooLarge(10), .. })));
}

#[test]
fn a_list_of_which_only_the_beginning_was_read_is_not_kept() {
    for (middle, end) in [
        (r#""page":1,"total_pages":2"#, r#""page":2,"total_pages":2"#),
        (r#""page":1,"per_page":50,"total_count":51"#, r#""page":2,"per_page":50,"total_count":51"#),
    ] {
        let instance = Instance::default();
        let place =
            |info: &str| *instance.server.0.place.borrow_mut() = format!(r#","result_info":{{{info}}}"#);
        place(middle);
        assert_eq!(instance.get(30, "/users?page=1&per_page=50"), "1");
        assert_eq!(instance.get(30, "/users?page=1&per_page=50"), "2", "its end may be another one by now");
        // A request that reads the whole list keeps it. One about somebody else's address isn't its end.
        place(end);
        assert_eq!(instance.get(30, "/users?email=a&page=1"), "3");
        place(middle);
        let transport = instance.transport().reuse_for(30);
        for (path, place_of) in [("/users?page=1&per_page=50", middle), ("/users?page=2&per_page=50", end)] {
            place(place_of);
            let asked = request(Method::Get, path, "a");
            transport.finish(transport.start(asked).unwrap(), 1 << 20).unwrap();
        }
        drop(transport);
        assert_eq!(instance.get(30, "/users?page=1&per_page=50"), "4");
        assert_eq!(instance.get(30, "/users?page=2&per_page=50"), "5");
        assert_eq!(instance.get(30, "/users?email=a&page=1"), "3");
    }
}
