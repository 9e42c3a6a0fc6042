//! HTTP with the connection's own certificates and credentials.
