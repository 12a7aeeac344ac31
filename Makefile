# A thin door to CMake's presets: `make` builds, and see `make help`.
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
ROUNDS ?= 50
JOBS   ?= $(shell nproc)

.PHONY: all help demo check coverage format fuzz bench crash install package deb image \
	deb-check clean deps

all: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j$(JOBS)

help:
	@echo "make            build build/release/offhook (installs what is missing with apt)"
	@echo "make demo       build, start a server, send it signed traffic, show the result"
	@echo "make check      build with gcc and clang, run every test; ends 'N passed, N failed'"
	@echo "make coverage   which lines the unit, e2e and abuse tests run, by folder"
	@echo "make format     let clang-format lay out the sources"
	@echo "make fuzz       fuzz every target, SECONDS_EACH=60"
	@echo "make bench      compare with Rust, Go, Node.js …; ONLY=jobs, BENCH='--quick'"
	@echo "make crash      kill -9 under load, ROUNDS=$(ROUNDS); 10,000 crashing handlers;"
	@echo "                rogue handlers beside 1,000 webhooks a second"
	@echo "make install    into PREFIX=$(PREFIX), DESTDIR= for packages"
	@echo "make package    the build that packages carry, by a profile: build/package;"
	@echo "                PROFILE=FILE.tar takes the profile of an earlier one"
	@echo "make deb        Debian packages of it: build/deb/*.deb"
	@echo "make image      a container image: build/offhook.oci.tar (root, umoci)"
	@echo "make deb-check  install them in a clean Debian (root, mmdebstrap)"

deps:
	@scripts/install-deps.sh build

demo:
	@scripts/quietly.sh build/demo.log "Installing what is missing, and building" $(MAKE) all
	@scripts/demo.sh build/release/offhook build/release/examples/queue

check:
	@scripts/install-deps.sh check
	@scripts/check.sh

coverage:
	@scripts/install-deps.sh check
	@scripts/coverage.sh

format:
	@scripts/check-format.sh --fix

fuzz:
	@scripts/install-deps.sh check
	@scripts/fuzz.sh $(or $(SECONDS_EACH),60)

bench:
	@scripts/install-deps.sh bench
	@bench/run.sh $(if $(ONLY),--only=$(ONLY)) $(BENCH)

crash:
	@scripts/install-deps.sh check
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j$(JOBS) >/dev/null
	@build/dev/tests/crash/crash_server $(ROUNDS)
	@build/dev/tests/crash/crash_jobs $(ROUNDS)
	@build/dev/tests/crash/crash_store $(ROUNDS)
	@build/dev/tests/crash/crash_handlers 1000
	@build/dev/tests/crash/crash_rogues 20

install: all
	@cmake --install build/release --prefix $(PREFIX)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

deb-check:
	@scripts/install-deps.sh check
	@scripts/check.sh deb

package: deps
	@scripts/build-package.sh $(PROFILE)

deb: package
	@scripts/install-deps.sh deb
	@cpack --config build/package/CPackConfig.cmake -G DEB -B build/deb

image: all
	@scripts/build-image.sh build/release

clean:
	@rm -rf build
