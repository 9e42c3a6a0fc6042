#!/usr/bin/env bash
# Real services for the tests, on 127.0.0.1 and free ports, with passwords that open nothing else.
#
#   service.sh hold kerberos DIR   MIT's KDC with the realm FLOWLOOM.TEST and keytabs for a broker and two users
#   service.sh hold mariadb DIR    MariaDB with TLS, a user and a database
#   service.sh hold postgres DIR   PostgreSQL with TLS, SCRAM, a user and a database
#   service.sh hold registry DIR   Apicurio, a schema registry with Confluent's API, in memory and open to all
#   service.sh hold s3 DIR         s3s-fs, which checks signatures (version 4), with a bucket
#   service.sh hold gcs DIR        an emulator of Google Cloud Storage, open to all, with a bucket
#   service.sh fetch               downloads and builds into the cache, once
#
# `hold` prints NAME=value lines when the service answers, then stays until stdin closes; then the service is ended and
# DIR deleted. The kernel closes the pipe however the test process ends, so nothing is left behind.
# SQL Server and Azure Storage are not here: no package of the former exists for Debian, the latter's emulator
# (npm's azurite) is 186 MB and wants Node.
set -euo pipefail
. "$(dirname "$0")/ports.sh"
CACHE=${FLOWLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowloom}
SCRIPTS=$(cd "$(dirname "$0")" && pwd)
APICURIO=2.6.13.Final
S3S=0.14.1

die() { echo "service.sh: $*" >&2; exit 1; }
usage() { sed -n '4,10s/^# *//p' "$0" >&2; exit 2; }
lock() { # FILE: wait for other service.sh processes on it; held until the end of the function's subshell
  exec 9>"$1"
  if command -v flock >/dev/null; then flock -w 900 9 || die "another service.sh holds $1"; fi
}

fetch_registry() ( # 142 MB
  local to=$CACHE/apicurio-$APICURIO
  [[ -e $to/.complete ]] && exit
  mkdir -p "$to"; lock "$to.lock"
  [[ -e $to/.complete ]] && exit
  echo "service.sh: fetching Apicurio $APICURIO from Maven Central into $to" >&2
  mvn -B -ntp -q "-Dmaven.repo.local=$to/m2" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dmdep.useBaseVersion=true "-Dartifact=io.apicurio:apicurio-registry-app:$APICURIO:tar.gz:all" \
    "-DoutputDirectory=$to/archive" >&2 || die "Maven could not fetch Apicurio $APICURIO, see above"
  tar xzf "$to"/archive/*.tar.gz -C "$to"
  rm -rf "$to/m2" "$to/archive"
  touch "$to/.complete"
)

fetch_s3() ( # a server of 24 MB, unoptimised: it builds in two minutes
  local to=$CACHE/s3s-$S3S
  [[ -e $to/bin/s3s-fs ]] && exit
  mkdir -p "$to"; lock "$to.lock"
  [[ -e $to/bin/s3s-fs ]] && exit
  echo "service.sh: building s3s-fs $S3S into $to" >&2
  cd "$SCRIPTS" # the toolchain that rust-toolchain.toml pins
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$to/target \
    cargo install -q --locked --debug --force --root "$to" --features binary "s3s-fs@$S3S" >&2
  rm -rf "$to/target"
)

program() { # NAME FOLDERS: its path; servers are often outside PATH
  local folder name=$1
  shift
  if command -v "$name"; then return; fi
  for folder in "$@"; do if [[ -x $folder/$name ]]; then echo "$folder/$name"; return; fi; done
  die "no $name: \`scripts/install.sh test\` installs it"
}

PID=
run() { # COMMAND: as the service, in a process group of its own, for Ctrl-C at the terminal is not for it
  set -m
  "$@" >>"$DIR/log" 2>&1 </dev/null 8>&- &
  PID=$!
  set +m
}
ready() { # CHECK: wait until it succeeds; false when the service ended before that
  local tenths
  for ((tenths = 0; tenths < 600; tenths++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    kill -0 "$PID" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
port_open() { (exec 3<>"/dev/tcp/$HOST/$PORT") 2>/dev/null; }

# Each service: what is made once for DIR, then the server on $PORT, then its environment.

kerberos_prepare() {
  local kadmin=(kadmin.local -r FLOWLOOM.TEST)
  PATH=$PATH:/usr/sbin:/usr/local/sbin
  program krb5kdc >/dev/null
  export KRB5_CONFIG=$DIR/krb5.conf KRB5_KDC_PROFILE=$DIR/kdc.conf
  kerberos_configure
  kdb5_util -r FLOWLOOM.TEST create -s -P realm-secret
  # kafka/localhost is the broker. alice has a password and a keytab; bob's keytab is stale: his key has changed since.
  "${kadmin[@]}" <<KADMIN
addprinc -randkey kafka/localhost
ktadd -k $DIR/kafka.keytab kafka/localhost
addprinc -pw alice-secret alice
ktadd -norandkey -k $DIR/alice.keytab alice
addprinc -randkey bob
ktadd -k $DIR/bob.keytab bob
cpw -randkey bob
KADMIN
}
kerberos_configure() {
  cat >"$DIR/krb5.conf" <<CONF
[libdefaults]
  default_realm = FLOWLOOM.TEST
  default_ccache_name = FILE:$DIR/ccache
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  FLOWLOOM.TEST = {
    kdc = $HOST:$PORT
  }
[domain_realm]
  localhost = FLOWLOOM.TEST
CONF
  cat >"$DIR/kdc.conf" <<CONF
[realms]
  FLOWLOOM.TEST = {
    database_name = $DIR/principals
    key_stash_file = $DIR/stash
    kdc_listen = ""
    kdc_tcp_listen = $HOST:$PORT
  }
CONF
}
kerberos() {
  kerberos_configure
  run krb5kdc -n
  ready port_open || return
  cat <<ENV
KRB5_CONFIG=$DIR/krb5.conf
KRB5_REALM=FLOWLOOM.TEST
KRB5_FOLDER=$DIR
KRB5_PRINCIPAL=alice@FLOWLOOM.TEST
KRB5_PASSWORD=alice-secret
KRB5_KEYTAB=$DIR/alice.keytab
KRB5_STALE_PRINCIPAL=bob@FLOWLOOM.TEST
KRB5_STALE_KEYTAB=$DIR/bob.keytab
ENV
}

mariadb_prepare() {
  local share
  PATH=$PATH:/usr/sbin
  MARIADB=$(program mariadbd /usr/libexec /opt/homebrew/opt/mariadb/bin)
  "$SCRIPTS/certs.sh" "$DIR/certs"
  for share in /usr/share/mysql /usr/share/mariadb /opt/homebrew/opt/mariadb/share/mysql; do
    [[ -e $share/mysql_system_tables.sql ]] && break
  done
  # These statements are what mariadb-install-db feeds it; that script needs MariaDB's clients, which nothing else does.
  MARIADB=("$MARIADB" --no-defaults "--datadir=$DIR/data" "--lc-messages-dir=$share" "--tmpdir=$DIR" --innodb-log-file-size=8M
    --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --performance-schema=OFF)
  if [[ $(id -u) == 0 ]]; then MARIADB+=(--user=root); fi
  mkdir "$DIR/data" "$DIR/data/mysql"
  { echo "USE mysql;"; cat "$share/mysql_system_tables.sql" "$share/mysql_performance_tables.sql" "$share/mysql_system_tables_data.sql"; } |
    "${MARIADB[@]}" --bootstrap
  cat >"$DIR/users.sql" <<SQL
CREATE DATABASE shop;
CREATE USER alice IDENTIFIED BY 'mariadb-secret';
GRANT ALL ON shop.* TO alice;
SQL
}
mariadb() {
  run "${MARIADB[@]}" "--bind-address=$HOST" "--port=$PORT" "--socket=$DIR/socket" "--pid-file=$DIR/mariadb.pid" \
    "--init-file=$DIR/users.sql" "--ssl-ca=$DIR/certs/ca.pem" "--ssl-cert=$DIR/certs/server.pem" "--ssl-key=$DIR/certs/server.key"
  ready port_open || return
  database MARIADB mariadb-secret
}

postgres_prepare() {
  local bin user=()
  # shellcheck disable=SC2046 # one word for each folder
  bin=$(dirname "$(program initdb $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV) /opt/homebrew/opt/postgresql@*/bin)")
  "$SCRIPTS/certs.sh" "$DIR/certs"
  mkdir "$DIR/data"; cp "$DIR/certs/server.key" "$DIR/postgres.key"; echo admin-secret >"$DIR/admin"
  if [[ $(id -u) == 0 ]]; then
    # PostgreSQL refuses root. The other user may be unable to enter the folders above DIR, so it keeps the right to.
    user=(setpriv --reuid=postgres --regid=postgres --clear-groups --inh-caps=+dac_override --ambient-caps=+dac_override)
    chown postgres "$DIR" "$DIR/data" "$DIR/postgres.key" "$DIR/admin"
  fi
  POSTGRES=(${user[@]+"${user[@]}"} env "HOME=$DIR" TZ=UTC)
  "${POSTGRES[@]}" "$bin/initdb" -D "$DIR/data" -U admin -A scram-sha-256 "--pwfile=$DIR/admin" -E UTF8 --locale=C -N
  POSTGRES+=("$bin/postgres")
  "${POSTGRES[@]}" --single -D "$DIR/data" postgres <<SQL
CREATE ROLE alice LOGIN PASSWORD 'postgres-secret'
CREATE DATABASE shop OWNER alice
SQL
}
postgres() {
  run "${POSTGRES[@]}" -D "$DIR/data" -p "$PORT" -c "listen_addresses=$HOST" -c unix_socket_directories= \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB \
    -c ssl=on -c "ssl_cert_file=$DIR/certs/server.pem" -c "ssl_key_file=$DIR/postgres.key"
  ready grep -q 'ready to accept connections' "$DIR/log" || return
  database POSTGRES postgres-secret
}
database() { # PREFIX PASSWORD
  cat <<ENV
$1_HOST=localhost
$1_PORT=$PORT
$1_USER=alice
$1_PASSWORD=$2
$1_DATABASE=shop
$1_CA=$DIR/certs/ca.pem
ENV
}

registry_prepare() { fetch_registry; "$SCRIPTS/certs.sh" "$DIR/certs"; }
registry() {
  run env -C "$DIR" java -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Djava.io.tmpdir=$DIR" \
    "-Dquarkus.http.host=$HOST" "-Dquarkus.http.port=$PORT" -Dquarkus.http.access-log.enabled=false \
    -Djava.net.preferIPv4Stack=true -jar "$(compgen -G "$CACHE/apicurio-$APICURIO/*-runner.jar")"
  local url=http://$HOST:$PORT/apis/ccompat/v7
  ready curl -sf -m 2 -o /dev/null "$url/subjects" || return
  printf 'REGISTRY_URL=%s\nREGISTRY_CERTS=%s\n' "$url" "$DIR/certs"
}

s3_prepare() { fetch_s3; mkdir -p "$DIR/buckets/lake"; }
s3() {
  run "$CACHE/s3s-$S3S/bin/s3s-fs" --host "$HOST" --port "$PORT" --access-key alice --secret-key s3-secret "$DIR/buckets"
  ready port_open || return
  cat <<ENV
S3_ENDPOINT=http://$HOST:$PORT
S3_REGION=us-east-1
S3_BUCKET=lake
S3_ACCESS_KEY=alice
S3_SECRET_KEY=s3-secret
ENV
}

gcs_prepare() { [[ -x $CACHE/services/bin/gcp-storage-emulator ]] || die "no emulator: \`scripts/install.sh test\` installs it"; }
gcs() {
  run "$CACHE/services/bin/gcp-storage-emulator" start --host "$HOST" --port "$PORT" --in-memory --default-bucket lake
  ready port_open || return
  printf 'GCS_ENDPOINT=http://%s:%s\nGCS_BUCKET=lake\n' "$HOST" "$PORT"
}

end() { # the service that runs, if one does
  local tenths
  [[ -n $PID ]] || return 0
  if [[ $NAME == postgres ]]; then # QUIT lets it remove its shared memory
    kill -QUIT "$PID" 2>/dev/null || :
    for ((tenths = 0; tenths < 50; tenths++)); do kill -0 "$PID" 2>/dev/null || break; sleep 0.1; done
  fi
  kill -KILL -- "-$PID" 2>/dev/null || :
  wait "$PID" 2>/dev/null || :
  PID=
}

finish() { # CODE; it may run inside a redirection to the log
  if (($1 != 0)); then echo "service.sh: no $NAME: $(tail -5 "$DIR/log")" >&8; fi
  end
  rm -rf "$DIR"
}

hold() {
  local attempt
  exec 8>&2
  trap : INT HUP TERM
  trap 'finish $?' EXIT
  : >"$DIR/log"
  read -r PORT < <(free_ports 1)
  "${NAME}_prepare" >>"$DIR/log" 2>&1
  for attempt in 1 2 3; do # a port may be taken between the look and the bind
    if "$NAME" >"$DIR/env"; then break; fi
    if ((attempt == 3)); then exit 1; fi
    end
    read -r PORT < <(free_ports 1)
  done
  cat "$DIR/env"
  exec >/dev/null
  cat >/dev/null || : # Ctrl-C
}

if [[ $# == 1 && $1 == fetch ]]; then fetch_registry; fetch_s3; exit; fi
if [[ $# != 3 || $1 != hold || ! $2 =~ ^(kerberos|mariadb|postgres|registry|s3|gcs)$ ]]; then usage; fi
NAME=$2
mkdir -p "$3"; DIR=$(cd "$3" && pwd)
hold
