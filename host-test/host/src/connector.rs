//! The exports of a component: those of the world `manager`, of `connector`, which has no `lifecycle`,
//! or of `reader`, which has no `provision` and no `verification` either.

use crate::contract::{
    connection, identities, lifecycle_exports as lifecycle, provision, sync, verification,
};
use crate::sandbox::Sandbox;
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Store};

/// The interfaces that a reader lacks.
const PROVISION: &str = "iga:connector/provision@0.1.0";
const VERIFICATION: &str = "iga:connector/verification@0.1.0";
/// The interface that a connector lacks, unless it is a manager.
const LIFECYCLE: &str = "iga:connector/lifecycle@0.1.0";

/// A component that is linked, and whose exports have been checked.
pub(crate) struct ConnectorPre {
    linked: InstancePre<Sandbox>,
    connection: connection::GuestIndices,
    sync: sync::GuestIndices,
    identities: identities::GuestIndices,
    provision: Option<provision::GuestIndices>,
    verification: Option<verification::GuestIndices>,
    lifecycle: Option<lifecycle::GuestIndices>,
}

impl ConnectorPre {
    pub(crate) fn new(linked: InstancePre<Sandbox>, component: &Component) -> wasmtime::Result<ConnectorPre> {
        let exports = |interface| component.get_export_index(None, interface).is_some();
        Ok(ConnectorPre {
            connection: connection::GuestIndices::new(&linked)?,
            sync: sync::GuestIndices::new(&linked)?,
            identities: identities::GuestIndices::new(&linked)?,
            provision: exports(PROVISION).then(|| provision::GuestIndices::new(&linked)).transpose()?,
            verification: exports(VERIFICATION)
                .then(|| verification::GuestIndices::new(&linked))
                .transpose()?,
            lifecycle: exports(LIFECYCLE).then(|| lifecycle::GuestIndices::new(&linked)).transpose()?,
            linked,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.linked.engine()
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<Sandbox>) -> wasmtime::Result<Connector> {
        let instance = self.linked.instantiate_async(&mut *store).await?;
        Ok(Connector {
            connection: self.connection.load(&mut *store, &instance)?,
            sync: self.sync.load(&mut *store, &instance)?,
            identities: self.identities.load(&mut *store, &instance)?,
            provision: self.provision.as_ref().map(|of| of.load(&mut *store, &instance)).transpose()?,
            verification: self.verification.as_ref().map(|of| of.load(&mut *store, &instance)).transpose()?,
            lifecycle: self.lifecycle.as_ref().map(|of| of.load(&mut *store, &instance)).transpose()?,
        })
    }
}

/// The exports of an instance.
pub(crate) struct Connector {
    pub(crate) connection: connection::Guest,
    pub(crate) sync: sync::Guest,
    pub(crate) identities: identities::Guest,
    pub(crate) provision: Option<provision::Guest>,
    pub(crate) verification: Option<verification::Guest>,
    pub(crate) lifecycle: Option<lifecycle::Guest>,
}
