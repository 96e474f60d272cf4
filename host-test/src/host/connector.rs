//! A component's exports: those of the world `connector`, or of `reader`, which lacks `provision`.

use super::contract::{connection, provision, sync};
use super::sandbox::Sandbox;
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Store};

/// The interface that a reader lacks.
const PROVISION: &str = "iga:connector/provision@0.1.0";

/// A component that is linked and known to export what it has to.
pub(super) struct ConnectorPre {
    linked: InstancePre<Sandbox>,
    connection: connection::GuestIndices,
    sync: sync::GuestIndices,
    provision: Option<provision::GuestIndices>,
}

impl ConnectorPre {
    pub(super) fn new(linked: InstancePre<Sandbox>, component: &Component) -> wasmtime::Result<ConnectorPre> {
        let can_provision = component.get_export_index(None, PROVISION).is_some();
        Ok(ConnectorPre {
            connection: connection::GuestIndices::new(&linked)?,
            sync: sync::GuestIndices::new(&linked)?,
            provision: can_provision.then(|| provision::GuestIndices::new(&linked)).transpose()?,
            linked,
        })
    }

    pub(super) fn engine(&self) -> &Engine {
        self.linked.engine()
    }

    pub(super) async fn instantiate(&self, store: &mut Store<Sandbox>) -> wasmtime::Result<Connector> {
        let instance = self.linked.instantiate_async(&mut *store).await?;
        Ok(Connector {
            connection: self.connection.load(&mut *store, &instance)?,
            sync: self.sync.load(&mut *store, &instance)?,
            provision: self.provision.as_ref().map(|of| of.load(&mut *store, &instance)).transpose()?,
        })
    }
}

/// An instance's exports.
pub(super) struct Connector {
    pub(super) connection: connection::Guest,
    pub(super) sync: sync::Guest,
    pub(super) provision: Option<provision::Guest>,
}
