//! The life of the server: whether it takes connections, and how many it has.

use std::sync::Arc;

use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct Life {
    state: watch::Sender<State>,
    /// The number of connected clients.
    connections: watch::Sender<usize>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Whether nobody should listen.
    pub gone: bool,
    /// Whether nobody listens.
    closed: bool,
    /// The number of times that it went away. Connections from before the last time are reset.
    pub outages: u64,
    pub stopping: bool,
}

impl Life {
    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Asks for connections to be refused, and returns when they are.
    pub async fn go_away(&self) {
        self.state.send_modify(|state| state.gone = true);
        self.wait_for(|state| state.closed || state.stopping).await;
    }

    /// Asks for connections to be taken again, and returns when they are.
    pub async fn come_back(&self) {
        self.state.send_modify(|state| state.gone = false);
        self.wait_for(|state| !state.closed || state.stopping).await;
    }

    /// Reports that nobody listens any more.
    pub(super) fn closed(&self) {
        self.state.send_modify(|state| (state.closed, state.outages) = (true, state.outages + 1));
    }

    /// Reports that somebody listens again.
    pub(super) fn opened(&self) {
        self.state.send_modify(|state| state.closed = false);
    }

    pub(super) fn stop(&self) {
        self.state.send_modify(|state| state.stopping = true);
    }

    /// Returns when the server stops.
    pub(super) async fn stopping(&self) {
        self.wait_for(|state| state.stopping).await;
    }

    async fn wait_for(&self, wanted: impl FnMut(&State) -> bool) {
        // The sender is `self`, so that it can't be gone.
        let _ = self.state.subscribe().wait_for(wanted).await;
    }

    /// Counts a client as connected until the returned value is dropped.
    pub(super) fn connected(self: &Arc<Life>) -> Connected {
        self.connections.send_modify(|connections| *connections += 1);
        Connected(Arc::clone(self))
    }

    /// Returns when no client is connected.
    pub async fn is_left(&self) {
        // The sender is `self`, so that it can't be gone.
        let _ = self.connections.subscribe().wait_for(|connections| *connections == 0).await;
    }
}

/// A client that is connected.
pub(super) struct Connected(Arc<Life>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.send_modify(|connections| *connections -= 1);
    }
}
