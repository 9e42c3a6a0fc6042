//! Names of variables and projects that clash with nothing in their language.

use std::collections::{BTreeMap, BTreeSet};

use flowloom_flow::{CompiledNode, NodeId, Program, Target};

/// Keywords, soft ones too, and built-in functions of Python 3.
const PYTHON: &str = "and as assert async await break case class continue def del elif else except finally \
    for from global if import in is lambda match nonlocal not or pass raise return try while with yield \
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile \
    complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset \
    getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list locals \
    map max memoryview min next object oct open ord pow print property quit range repr reversed round set \
    setattr slice sorted staticmethod str sum super tuple type vars zip main";

/// Keywords of Rust 2024, reserved ones too.
const RUST: &str = "abstract as async await become box break const continue crate do dyn else enum extern \
    false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self \
    static struct super trait true try type typeof unsafe unsized use virtual where while yield main";

/// Modules of Python's standard library: a script of such a name would be imported instead.
pub(crate) const PYTHON_MODULES: &str = "abc aifc antigravity argparse array ast asynchat asyncio asyncore \
    atexit audioop base64 bdb binascii bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs \
    codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt \
    csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings \
    ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc \
    genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib \
    imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma \
    mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib \
    nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools \
    pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr \
    pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched \
    secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd \
    sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess \
    sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading \
    time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types \
    typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref \
    xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// Names that cargo refuses or warns of, beside keywords.
const CARGO: &str = "alloc build core deps examples incremental proc_macro std test";

pub(crate) fn contains(words: &str, name: &str) -> bool {
    words.split_whitespace().any(|word| word == name)
}

/// Names that a variable of the main function would hide or could not have.
pub(crate) fn taken(program: &Program, target: Target) -> BTreeSet<String> {
    let words = match target {
        Target::Python => PYTHON,
        Target::Rust => RUST,
    };
    let mut taken: BTreeSet<String> = words.split_whitespace().map(str::to_owned).collect();
    taken.extend(program.functions.keys().cloned());
    for import in &program.imports {
        taken.extend(identifiers(import));
    }
    for line in program.steps.iter().chain(&program.commits).chain(&program.acknowledgements) {
        taken.extend(identifiers(line));
    }
    taken
}

/// Bare names in code: not those after a dot or in a string.
fn identifiers(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = code.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        if c == '"' {
            while let Some(c) = chars.next().filter(|&c| c != '"') {
                if c == '\\' {
                    chars.next();
                }
            }
        } else if c.is_alphabetic() || c == '_' {
            let mut name = String::from(c);
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                name.push(c);
            }
            if previous != '.' {
                found.push(name);
            }
        }
        previous = c;
    }
    found
}

/// A variable for each output port of `nodes`: `paid` for the first, `paid_reject` for others.
pub(crate) fn choose(
    nodes: &[(usize, &CompiledNode)],
    taken: &BTreeSet<String>,
) -> BTreeMap<(usize, usize), String> {
    let mut used = taken.clone();
    let mut chosen = BTreeMap::new();
    // A node's own name goes before one that is made up for a port of another.
    for &(index, node) in nodes {
        chosen.insert((index, 0), free(node.id.as_str(), &mut used));
    }
    for &(index, node) in nodes {
        let ports = node.node.as_ref().map_or(&[][..], |node| node.card().outputs);
        for (port, output) in ports.iter().enumerate().skip(1) {
            chosen.insert((index, port), free(&format!("{}_{}", node.id, output.name), &mut used));
        }
    }
    chosen
}

fn free(name: &str, used: &mut BTreeSet<String>) -> String {
    let rows = format!("{name}_rows");
    let numbered = (2..=used.len() + 2).map(|n| format!("{rows}_{n}"));
    let mut candidates = [name.to_owned(), rows.clone()].into_iter().chain(numbered);
    let free = candidates.find(|candidate| !used.contains(candidate)).unwrap_or(rows);
    used.insert(free.clone());
    free
}

/// The project's name: the flow's, as the target's tools take it.
pub(crate) fn project(flow: &str, target: Target, program: &Program) -> String {
    let name = NodeId::nearest(flow).to_string();
    let is_taken = match target {
        Target::Python => {
            let modules = program.packages.keys().map(|package| package.replace('-', "_"));
            contains(PYTHON_MODULES, &name) || modules.into_iter().any(|module| module == name)
        }
        Target::Rust => {
            contains(RUST, &name) || contains(CARGO, &name) || program.packages.contains_key(&name)
        }
    };
    if is_taken { format!("{name}_flow") } else { name }
}
