#!/usr/bin/env bash
# A real one-node Apache Kafka (KRaft) on 127.0.0.1 and free ports, with every security protocol.
#
#   kafka.sh jars          download the broker's jars into the cache, once (43 MB)
#   kafka.sh start DIR     start; prints and writes DIR/env (KAFKA_PLAINTEXT=host:port, …), DIR/pid, DIR/broker.log, DIR/certs/
#   kafka.sh stop DIR      clean shutdown, data stays
#   kafka.sh kill DIR      kill -9, data stays
#   kafka.sh hold DIR      start, then stay until stdin closes; then kill the broker and delete DIR
#
# `hold` is how tests own a broker: the kernel closes the pipe however the test process ends, so nothing is left behind.
# Settings from the environment: KAFKA_KEEP=1 starts again on DIR's data and ports, KAFKA_ACL=1 turns the authorizer on,
# KAFKA_EXTRA names a file of broker properties to add, KAFKA_HEAP (512m), KAFKA_WAIT_S (60), KAFKA_LOG (info), KAFKA_VERSION.
set -euo pipefail
VERSION=${KAFKA_VERSION:-4.4.0}
CACHE=${FLOWLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowloom}
LIBS=$CACHE/kafka-$VERSION
HOST=127.0.0.1

die() { echo "kafka.sh: $*" >&2; exit 1; }
usage() { sed -n '4,8s/^# *//p' "$0" >&2; exit 2; }
lock() { # FILE: wait for other kafka.sh processes on it; held until this process ends
  exec 9>"$1"
  if command -v flock >/dev/null; then flock -w 600 9 || die "another kafka.sh holds $1"; fi
}

jars() {
  [[ -e $LIBS/.complete ]] && return
  mkdir -p "$LIBS"; lock "$LIBS.lock"
  [[ -e $LIBS/.complete ]] && return
  echo "kafka.sh: fetching Apache Kafka $VERSION from Maven Central into $LIBS" >&2
  # kafka-tools-api is excluded: 4.4.0 names it, no such jar is published, and the broker never loads it.
  # slf4j-simple is added: Kafka brings no binding, and without logs nothing says when the broker is ready.
  cat >"$LIBS/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>flowloom</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$VERSION</version><exclusions>
<exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion></exclusions></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
XML
  mvn -B -ntp -q -f "$LIBS/pom.xml" "-Dmaven.repo.local=$LIBS/m2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$LIBS" >&2 || die "Maven could not fetch Kafka $VERSION, see above"
  rm -rf "$LIBS/m2"
  touch "$LIBS/.complete"
}

certs() { # PEM with PKCS#8 keys: a CA, a server, a client (CN=client), and a rogue client of a CA that nobody trusts
  [[ -e $DIR/certs/.complete ]] && return
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  mkdir -p "$DIR/certs"; cd "$DIR/certs"
  authority() {
    openssl req -x509 "${key[@]}" -days 3650 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  }
  leaf() { # NAME CA USAGE
    openssl req "${key[@]}" -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 3650 -out "$1.pem" -extfile \
      <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n' "$3")
    cat "$1.key" "$1.pem" "$2.pem" >"$1-keystore.pem"
  }
  { authority ca && authority rogue-ca && leaf server ca serverAuth,clientAuth && leaf client ca clientAuth &&
    leaf rogue rogue-ca clientAuth; } 2>openssl.log || die "openssl failed, see $DIR/certs/openssl.log"
  chmod 600 ./*.key ./*-keystore.pem
  touch .complete; cd "$DIR"
}

free_ports() { # six different ports below the ephemeral range that nobody listens on
  local port ports=" "
  while [[ $(wc -w <<<"$ports") -lt 6 ]]; do
    port=$((20000 + RANDOM % 12000))
    [[ $ports == *" $port "* ]] || (exec 3<>"/dev/tcp/$HOST/$port") 2>/dev/null || ports+="$port "
  done
  echo "$ports"
}

properties() { # PLAINTEXT SASL_PLAINTEXT SSL MTLS SASL_SSL CONTROLLER ports
  local listeners="PLAINTEXT://$HOST:$1,SASL_PLAINTEXT://$HOST:$2,SSL://$HOST:$3,MTLS://$HOST:$4,SASL_SSL://$HOST:$5"
  local sasl module=org.apache.kafka.common.security
  # Short session timeouts let a broker that was killed register again after 3 s instead of 9.
  # Group rebalance delay, retention and cleaner intervals are near zero so that tests need not wait; a topic that shall
  # lose messages sets its own retention, or those that carry an old timestamp would be gone at once.
  cat <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=$HOST:$6
controller.listener.names=CONTROLLER
listeners=$listeners,CONTROLLER://$HOST:$6
advertised.listeners=$listeners
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,MTLS:SSL,SASL_SSL:SASL_SSL
log.dirs=$DIR/data
ssl.keystore.type=PEM
ssl.keystore.location=$DIR/certs/server-keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$DIR/certs/ca.pem
ssl.client.auth=none
listener.name.mtls.ssl.client.auth=required
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.partitions=3
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
log.initial.task.delay.ms=1000
log.retention.check.interval.ms=1000
log.retention.ms=-1
PROPERTIES
  for sasl in sasl_plaintext sasl_ssl; do
    cat <<PROPERTIES
listener.name.$sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.$sasl.plain.sasl.jaas.config=$module.plain.PlainLoginModule required user_alice="alice-secret" user_admin="admin-secret";
listener.name.$sasl.scram-sha-256.sasl.jaas.config=$module.scram.ScramLoginModule required;
listener.name.$sasl.scram-sha-512.sasl.jaas.config=$module.scram.ScramLoginModule required;
PROPERTIES
  done
  if [[ ${KAFKA_ACL:-} == 1 ]]; then
    echo "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    echo "super.users=User:ANONYMOUS;User:admin"
  fi
  if [[ -n ${KAFKA_EXTRA:-} ]]; then cat "$KAFKA_EXTRA"; fi
}

format() { # a new log folder, with the users that SCRAM knows; the id is joined by "=" for one in 64 starts with "-"
  local user algorithm scram=()
  for user in alice admin; do for algorithm in SCRAM-SHA-256 SCRAM-SHA-512; do
    scram+=(--add-scram "$algorithm=[name=$user,password=$user-secret]")
  done; done
  rm -rf "$DIR/data"
  "${JAVA[@]}" kafka.tools.StorageTool format --standalone -c "$DIR/server.properties" "${scram[@]}" \
    "--cluster-id=$(openssl rand -base64 16 | tr '+/' '-_' | tr -d =)" >"$DIR/format.log" 2>&1 \
    || die "formatting failed: $(tail -3 "$DIR/format.log")"
}

running() { # the pid in DIR/pid is a broker of this DIR
  [[ -s $DIR/pid ]] && ps -ww -o args= -p "$(<"$DIR/pid")" 2>/dev/null | grep -qF -- "-Dflowloom.broker=$DIR "
}

launch() { # run the broker of DIR/server.properties and wait until it serves; false when it died
  local pid tenths
  : >"$DIR/broker.log" # the old log says "started" too
  set -m # a process group of its own: Ctrl-C at the terminal is not for the broker
  "${JAVA[@]}" kafka.Kafka "$DIR/server.properties" >>"$DIR/broker.log" 2>&1 </dev/null 9>&- &
  pid=$!
  set +m
  echo "$pid" >"$DIR/pid"
  for ((tenths = 0; tenths < ${KAFKA_WAIT_S:-60} * 10; tenths++)); do
    if grep -q 'Kafka Server started' "$DIR/broker.log"; then return 0; fi
    if ! kill -0 "$pid" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
  kill -9 "$pid"
  return 1
}

start() {
  local attempt ports
  if running; then die "already running, pid $(<"$DIR/pid")"; fi
  if [[ ${KAFKA_KEEP:-} == 1 && -e $DIR/env ]]; then
    launch || die "the broker did not start: $(tail -3 "$DIR/broker.log")"
    cat "$DIR/env"
    return
  fi
  certs
  for attempt in 1 2 3; do # a port may be taken between the look and the bind
    read -ra ports < <(free_ports)
    properties "${ports[@]}" >"$DIR/server.properties"
    format
    if launch; then break; fi
    if ((attempt == 3)) || ! grep -q 'Address already in use' "$DIR/broker.log"; then
      die "the broker did not start: $(grep -m3 -E 'ERROR|Exception' "$DIR/broker.log" || tail -3 "$DIR/broker.log")"
    fi
  done
  cat >"$DIR/env" <<ENV
KAFKA_PLAINTEXT=$HOST:${ports[0]}
KAFKA_SASL_PLAINTEXT=$HOST:${ports[1]}
KAFKA_SSL=$HOST:${ports[2]}
KAFKA_MTLS=$HOST:${ports[3]}
KAFKA_SASL_SSL=$HOST:${ports[4]}
KAFKA_USER=alice
KAFKA_PASSWORD=alice-secret
KAFKA_CA=$DIR/certs/ca.pem
KAFKA_CERT=$DIR/certs/client.pem
KAFKA_KEY=$DIR/certs/client.key
ENV
  cat "$DIR/env"
}

finish() { # SIGNAL: end the broker of DIR, if it runs, within 10 s
  local pid tenths
  if running; then
    pid=$(<"$DIR/pid"); kill "-$1" "$pid"
    for ((tenths = 0; tenths < 100; tenths++)); do
      running || break # not kill -0: a zombie still answers that
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || :
  fi
  rm -f "$DIR/pid"
}

hold() {
  # Signals are handled, not ignored: an ignored one would be ignored by the broker too, which then never stops cleanly.
  trap : INT HUP TERM
  local started=0
  "$0" start "$DIR" </dev/null || started=$?
  exec >/dev/null
  if ((started == 0)); then cat >/dev/null; fi
  "$0" kill "$DIR" </dev/null 2>/dev/null
  rm -rf "$DIR"
  exit "$started"
}

command=${1:-}
if [[ $command == jars && $# == 1 ]]; then jars; exit; fi
if [[ $# != 2 ]]; then usage; fi
mkdir -p "$2"; DIR=$(cd "$2" && pwd)
JAVA=(java -Xms64m "-Xmx${KAFKA_HEAP:-512m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dflowloom.broker=$DIR"
  -Djava.awt.headless=true -Djava.net.preferIPv4Stack=true "-Dorg.slf4j.simpleLogger.defaultLogLevel=${KAFKA_LOG:-info}"
  -Dorg.slf4j.simpleLogger.showDateTime=true "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS" -cp "$LIBS/*")
case $command in
  start) jars; lock "$DIR/.lock"; start ;;
  stop) lock "$DIR/.lock"; finish TERM ;;
  kill) lock "$DIR/.lock"; finish KILL ;;
  hold) hold ;;
  *) usage ;;
esac
