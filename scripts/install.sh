#!/usr/bin/env bash
# Installs what Flowloom needs and this machine lacks; silent when nothing is missing.
#
#   install.sh run     what builds and runs the program
#   install.sh test    and what the tests need: Java, Maven, Python with the exported scripts' packages, Kafka's jars,
#                      and the services of scripts/service.sh
#   install.sh check   what `make check` needs beside `run`: cargo-deny and typos
#   install.sh ci      all of it
#
# Debian and Ubuntu: through apt-get, as root or with sudo. Elsewhere it names what is missing and the command that gets it.
set -euo pipefail
purpose=${1:-run}
[[ $purpose =~ ^(run|test|check|ci)$ ]] || { sed -n '4,8s/^# *//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${FLOWLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowloom}
export PATH=$HOME/.cargo/bin:$PATH
cd "$root" # so that rustup and cargo see rust-toolchain.toml

say() { echo "install.sh: $*" >&2; }
die() { say "$@"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
library() { has pkg-config && pkg-config --exists "$1"; }
java_17() {
  local version
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') && [[ ${version:-0} -ge 17 ]]
}
python_310() { has python3 && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

server() { PATH=$PATH:/usr/sbin has "$1"; } # a user's PATH on Debian lacks that folder
sasl_gssapi() { [[ $system == macos ]] || compgen -G '/usr/lib*/sasl2/libgssapiv2.so*' >/dev/null || compgen -G '/usr/lib/*/sasl2/libgssapiv2.so*' >/dev/null; }

# A Vulkan driver, hardware's or Mesa's software one; OpenGL alone would do too.
graphics() { compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null || compgen -G '/etc/vulkan/icd.d/*.json' >/dev/null; }

case $(uname -s) in
  Linux) if has apt-get; then system=debian; elif has dnf; then system=fedora; elif has pacman; then system=arch; else system=linux; fi ;;
  Darwin) system=macos ;;
  *) system=windows ;;
esac

missing=() packages=()
need() { # NAME CHECK DEBIAN FEDORA ARCH MACOS WINDOWS packages; "-" where the system brings or needs none
  local package
  case $system in debian) package=$3 ;; fedora) package=$4 ;; arch) package=$5 ;; macos) package=$6 ;; windows) package=$7 ;; *) package=$1 ;; esac
  if [[ $package == - ]] || eval "$2"; then return; fi
  missing+=("$1"); packages+=("$package")
}

#    what               check               Debian, Ubuntu           Fedora                    Arch          macOS    Windows
need "a C++ compiler"   "has c++"           build-essential          gcc-c++                   base-devel    -        Microsoft.VisualStudio.2022.BuildTools
need clang              "has clang"         clang                    clang                     clang         -        -
need mold               "has mold"          mold                     mold                      mold          -        -
need CMake              "has cmake"         cmake                    cmake                     cmake         cmake    Kitware.CMake
need pkg-config         "has pkg-config"    pkg-config               pkgconf-pkg-config        pkgconf       pkgconf  -
need OpenSSL            "library openssl"   libssl-dev               openssl-devel             openssl       openssl  ShiningLight.OpenSSL.Dev
need "Cyrus SASL"       "library libsasl2"  libsasl2-dev             cyrus-sasl-devel          libsasl       -        -
need libcurl            "library libcurl"   libcurl4-openssl-dev     libcurl-devel             curl          -        -
need zlib               "library zlib"      zlib1g-dev               zlib-devel                zlib          -        -
need "CA certificates"  "[[ -d /etc/ssl/certs ]]" ca-certificates    ca-certificates           ca-certificates -      -
need GTK                "library gtk+-3.0"  libgtk-3-dev             gtk3-devel                gtk3          -        -
need WebKitGTK          "library webkit2gtk-4.1" libwebkit2gtk-4.1-dev webkit2gtk4.1-devel     webkit2gtk-4.1 -       -
need libsoup            "library libsoup-3.0" libsoup-3.0-dev        libsoup3-devel            libsoup3      -        -
need D-Bus              "library dbus-1"    libdbus-1-dev            dbus-devel                dbus          -        -
need "a graphics driver" graphics           mesa-vulkan-drivers      mesa-vulkan-drivers       vulkan-swrast -        -
need curl               "has curl"          curl                     curl                      curl          -        -
need git                "has git"           git                      git                       git           -        Git.Git
need make               "has make"          make                     make                      make          -        ezwinports.make
if [[ $purpose == test || $purpose == ci ]]; then
need "Java 17 or later" java_17             openjdk-17-jre-headless  java-21-openjdk-headless  jre-openjdk-headless openjdk@21 EclipseAdoptium.Temurin.21.JRE
need Maven              "has mvn"           maven                    maven                     maven         maven    Apache.Maven
need ps                 "has ps"            procps                   procps-ng                 procps-ng     -        -
need "OpenSSL's program" "has openssl"      openssl                  openssl                   openssl       -        -
need Xvfb               "has Xvfb"          xvfb                     xorg-x11-server-Xvfb      xorg-server-xvfb -     -
need xdotool            "has xdotool"       xdotool                  xdotool                   xdotool       -        -
need setxkbmap          "has setxkbmap"     x11-xkb-utils            setxkbmap                 xorg-setxkbmap -        -
need openbox            "has openbox"       openbox                  openbox                   openbox       -        -
need ImageMagick        "has import"        imagemagick              ImageMagick               imagemagick   -        -
need AT-SPI             "[[ -e /usr/libexec/at-spi-bus-launcher || -e /usr/lib/at-spi-bus-launcher ]]" at-spi2-core at-spi2-core at-spi2-core - -
need "GNOME's keyring"   "has gnome-keyring-daemon" gnome-keyring     gnome-keyring             gnome-keyring -      -
need dbus-run-session   "has dbus-run-session" dbus                  dbus-daemon               dbus          -        -
need gdbus              "has gdbus"         libglib2.0-bin           glib2                     glib2         -        -
need "MIT Kerberos"     "server krb5kdc && server kadmin.local && has kinit" "krb5-kdc krb5-admin-server krb5-user" "krb5-server krb5-workstation" krb5 krb5 -
need "Kerberos for SASL" sasl_gssapi        libsasl2-modules-gssapi-mit cyrus-sasl-gssapi      libsasl       -        -
need MariaDB            "server mariadbd || [[ -x /usr/libexec/mariadbd ]]" mariadb-server-core mariadb-server mariadb mariadb -
need PostgreSQL         "has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null" postgresql postgresql-server postgresql postgresql -
fi
if [[ $purpose != run ]]; then
need "Python 3.10 or later with venv" python_310 "python3 python3-venv" python3                python        python   Python.Python.3.13
fi

install_packages() {
  local sudo=() name
  say "missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')"
  case $system in
    debian) ;;
    fedora) die "get them with: sudo dnf install ${packages[*]}" ;;
    arch) die "get them with: sudo pacman -S --needed ${packages[*]}" ;;
    macos) die "get them with: brew install ${packages[*]}" ;;
    windows) for name in "${packages[@]}"; do say "get it with: winget install $name"; done; exit 1 ;;
    *) die "get them with this system's package manager, then run this again" ;;
  esac
  if [[ $(id -u) != 0 ]]; then
    has sudo || die "not root and no sudo here; as root run: apt-get install ${packages[*]}"
    sudo=(sudo)
  fi
  # Newer releases have left Java 17 out: take the default one there.
  ${sudo[@]+"${sudo[@]}"} apt-get update -qq
  if [[ " ${packages[*]} " == *" openjdk-17-jre-headless "* ]] && ! apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
    packages=("${packages[@]/openjdk-17-jre-headless/default-jre-headless}")
  fi
  # shellcheck disable=SC2048,SC2086 # one entry may name two packages
  ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages[*]} >/dev/null
}
if [[ ${#missing[@]} -gt 0 ]]; then install_packages; fi

# The Rust toolchain that rust-toolchain.toml pins.
channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
if ! has rustup && [[ $(rustc --version 2>/dev/null) != "rustc $channel"* ]]; then
  say "installing rustup from https://sh.rustup.rs"
  script=$(mktemp)
  curl --proto '=https' --tlsv1.2 -fsS --retry 3 https://sh.rustup.rs -o "$script" \
    || die "https://sh.rustup.rs cannot be reached; install Rust $channel yourself: https://rustup.rs"
  sh "$script" -y -q --no-modify-path --profile minimal --default-toolchain none || die "rustup's installer failed"
  rm -f "$script"
fi
if has rustup && ! rustup run "$channel" cargo --version >/dev/null 2>&1; then
  say "installing Rust $channel"
  rustup toolchain install "$channel" --profile minimal --component clippy,rustfmt
fi

venv() { # NAME REQUIREMENTS: a Python environment in the cache, made again when the requirements change
  local stamp
  stamp=$cache/$1/$(cksum <"$2" | cut -d' ' -f1).complete
  [[ -e $stamp ]] && return
  say "installing $(grep -v '^#' "$2" | tr '\n' ' ')into $cache/$1"
  rm -rf "${cache:?}/$1"
  python3 -m venv "$cache/$1"
  "$cache/$1/bin/pip" install -q --disable-pip-version-check -r "$2"
  touch "$stamp"
}

if [[ $purpose == test || $purpose == ci ]]; then
  venv python tests/requirements.txt
  venv services tests/services.txt
  scripts/kafka.sh jars
  scripts/service.sh fetch
fi
if [[ $purpose == check || $purpose == ci ]]; then
  venv typos scripts/requirements-check.txt
  deny=0.20.2
  if [[ $("$cache/cargo-deny/bin/cargo-deny" --version 2>/dev/null) != "cargo-deny $deny" ]]; then
    say "building cargo-deny $deny into $cache/cargo-deny"
    # Unoptimised: it builds in a minute and checks this tree in a second.
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$cache/cargo-deny/target \
      cargo install -q --locked --debug --force --root "$cache/cargo-deny" "cargo-deny@$deny"
    rm -rf "$cache/cargo-deny/target"
  fi
fi
