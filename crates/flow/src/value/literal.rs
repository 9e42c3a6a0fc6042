//! Literals in the languages of exported programs.
