/*! anywire.js: the page's WebSocket falls back to HTTP where WebSockets do not get through.
 *  Include it before the scripts that use WebSocket. Boost Software License 1.0. */
(function (global) {
    'use strict';

    // What a page may say, as attributes of the script's element (data-timeout="5000") or, before
    // this script runs, as members of `window.anywire`.
    //   timeout:    milliseconds that a WebSocket, or a stream, may take to open; then the next way
    //               is tried. Default 5000.
    //   transports: the ways that may be used, in their order, separated by blanks. Default
    //               "websocket xhr-streaming xhr-polling".
    var given = global.anywire || {};
    var script = global.document && global.document.currentScript;
    function option(name, usual) {
        var text = script && script.getAttribute('data-' + name);
        return text || given[name] || usual;
    }
    var open_timeout = Number(option('timeout', 5000));
    var transports = String(option('transports', 'websocket xhr-streaming xhr-polling')).split(/\s+/);

    var native = global.WebSocket;
    if (native && native.is_anywire) return;

    var CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3;
    var most_in_one_post = 64 * 1024;  // characters of messages that leave together
    var flush_limit = 5000;            // how long a goodbye waits for what was sent before it

    // -- small things -----------------------------------------------------------------------------

    function utf8_length(text) {
        var bytes = 0;
        for (var i = 0; i < text.length; ++i) {
            var c = text.charCodeAt(i);
            if (c < 0x80) {
                bytes += 1;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (c >= 0xd800 && c < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
                bytes += 4;
                ++i;
            } else {
                bytes += 3;
            }
        }
        return bytes;
    }

    function random_name() {
        var text = '';
        var crypto = global.crypto || global.msCrypto;
        if (crypto && crypto.getRandomValues) {
            var bytes = crypto.getRandomValues(new Uint8Array(20));
            for (var i = 0; i < 20; ++i) text += (bytes[i] & 31).toString(32);
            return text;
        }
        while (text.length < 20) text += Math.floor(Math.random() * 32).toString(32);
        return text;
    }

    function failure(name, text) {
        if (typeof global.DOMException === 'function') {
            try {
                return new global.DOMException(text, name);
            } catch (old_browser) { /* cannot be made there */ }
        }
        var e = new Error(text);
        e.name = name;
        return e;
    }

    function make_event(type, members) {
        var kind = type === 'message' ? global.MessageEvent
            : type === 'close' ? global.CloseEvent : global.Event;
        try {
            return new kind(type, members);
        } catch (no_constructor) {
            var e = { type: type };
            for (var name in members) e[name] = members[name];
            return e;
        }
    }

    // -- what is remembered for as long as the tab lives -----------------------------------------

    function recall(origin) {
        try {
            return global.sessionStorage.getItem('anywire ' + origin);
        } catch (not_allowed) {
            return null;
        }
    }
    function remember(origin, transport) {
        try {
            var key = 'anywire ' + origin;
            if (transport) global.sessionStorage.setItem(key, transport);
            else global.sessionStorage.removeItem(key);
        } catch (not_allowed) { /* it is tried anew each time */ }
    }

    // The URL taken apart, as `new WebSocket` reads it.
    function parse(url) {
        var text = String(url);
        var full;
        try {
            full = new global.URL(text, global.location ? global.location.href : undefined).href;
        } catch (not_valid) {
            throw failure('SyntaxError', 'the URL \'' + text + '\' is not valid');
        }
        var parts = /^(wss?|https?):\/\/([^\/?#]+)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(full);
        if (!parts || parts[5]) {
            throw failure('SyntaxError', 'the URL \'' + text + '\' is not one of a WebSocket');
        }
        var is_secure = /^(wss|https)$/i.test(parts[1]);
        var path = parts[3].replace(/\/+$/, '');
        return {
            ws: (is_secure ? 'wss://' : 'ws://') + parts[2] + parts[3] + (parts[4] || ''),
            origin: (is_secure ? 'https://' : 'http://') + parts[2],
            path: path,
            query: parts[4] || ''
        };
    }

    function check_protocols(protocols) {
        var list = protocols === undefined ? []
            : Array.isArray(protocols) ? protocols.slice() : [String(protocols)];
        for (var i = 0; i < list.length; ++i) {
            list[i] = String(list[i]);
            if (!/^[!#$%&'*+\-.0-9A-Z^_`a-z|~]+$/.test(list[i]) || list.indexOf(list[i]) !== i) {
                throw failure('SyntaxError', 'the subprotocol \'' + list[i] + '\' is not valid');
            }
        }
        return list;
    }

    // -- SockJS over XMLHttpRequest --------------------------------------------------------------

    // One session. `heard` has on_open(protocol), on_message(text), on_close(code, reason, is_clean),
    // on_sent(bytes), and on_blocked() where a stream did not come through in time.
    function Channel(url, protocols, is_stream, heard) {
        this.heard = heard;
        this.is_stream = is_stream;
        this.protocols = protocols;
        this.base = url.origin + url.path + '/' + ('00' + Math.floor(Math.random() * 1000)).slice(-3) +
            '/' + random_name() + '/';
        this.query = url.query;
        this.is_open = false;
        this.is_over = false;
        this.waiting = [];     // messages that were not posted yet
        this.receiver = null;
        this.sender = null;
        this.silence_limit = 0;  // not known before the server's second sign of life
        var self = this;
        this.open_timer = is_stream && global.setTimeout(function () {
            if (self.is_open || self.is_over) return;
            self.end();
            heard.on_blocked();
        }, 2 * open_timeout);
        this.receive();
    }

    Channel.prototype.request = function (name) {
        var xhr = new global.XMLHttpRequest();
        xhr.open('POST', this.base + name + this.query, true);
        xhr.withCredentials = true;
        return xhr;
    };

    Channel.prototype.receive = function () {
        var self = this;
        var xhr = this.receiver = this.request(this.is_stream ? 'xhr_streaming' : 'xhr');
        var at = 0;
        if (!this.is_open && this.protocols.length !== 0) {
            xhr.setRequestHeader('Anywire-Protocol', this.protocols.join(', '));
        }
        function read() {
            if (self.receiver !== xhr || xhr.readyState < 3 || xhr.status !== 200) return;
            var text = xhr.responseText;
            for (var end; (end = text.indexOf('\n', at)) !== -1 && self.receiver === xhr;) {
                var frame = text.slice(at, end);
                at = end + 1;
                self.take(frame, xhr);
            }
            if (self.receiver === xhr) self.watch();
        }
        xhr.onprogress = read;
        xhr.onload = function () {
            read();
            if (self.receiver !== xhr) return;
            self.receiver = null;
            if (xhr.status !== 200) return self.fail(xhr.status);
            self.receive();
        };
        xhr.onerror = xhr.onabort = function () {
            if (self.receiver !== xhr) return;
            self.receiver = null;
            self.fail(0);
        };
        xhr.send(null);
    };

    Channel.prototype.take = function (frame, xhr) {
        var kind = frame.charAt(0);
        var now = Date.now();
        if (kind === 'o') {
            if (this.is_open) return this.close(1006, '', false);  // another session in its place
            this.is_open = true;
            this.opened_at = now;
            global.clearTimeout(this.open_timer);
            this.heard.on_open(this.protocol_of(xhr));
        } else if (kind === 'h' && frame.length === 1 && this.is_open) {
            // The server says 'h' in equal times, whatever else it has said.
            var gap = now - (this.beat_at || this.opened_at);
            this.beat_at = now;
            this.silence_limit = Math.max(this.silence_limit, 2 * gap + 10000);
        } else if (kind === 'a' || kind === 'c') {
            var value;
            try {
                value = JSON.parse(frame.slice(1));
            } catch (broken) {
                return this.close(1006, '', false);
            }
            if (kind === 'c') return this.close(value[0], value[1], true);
            for (var i = 0; i < value.length && !this.is_over; ++i) this.heard.on_message(value[i]);
        }
    };

    Channel.prototype.protocol_of = function (xhr) {
        if (this.protocols.length === 0) return '';
        var chosen = xhr.getResponseHeader('Anywire-Protocol') || '';
        return this.protocols.indexOf(chosen) !== -1 ? chosen : '';
    };

    // A server that has gone without a word is noticed by its silence.
    Channel.prototype.watch = function () {
        var self = this;
        global.clearTimeout(this.silence_timer);
        if (this.silence_limit === 0) return;
        this.silence_timer = global.setTimeout(function () {
            self.close(1006, '', false);
        }, this.silence_limit);
    };

    Channel.prototype.send = function (text) {
        this.waiting.push(text);
        this.post();
    };

    Channel.prototype.post = function () {
        if (this.sender || this.is_over || this.waiting.length === 0) return;
        var self = this;
        var count = 0;
        var bytes = 0;
        for (var size = 0; count < this.waiting.length; ++count) {
            size += this.waiting[count].length;
            if (count !== 0 && size > most_in_one_post) break;
            bytes += utf8_length(this.waiting[count]);
        }
        var xhr = this.sender = this.request('xhr_send');
        xhr.setRequestHeader('Content-Type', 'text/plain;charset=UTF-8');
        xhr.onload = function () {
            self.sender = null;
            if (self.is_over) return;
            if (xhr.status === 413) return self.close(1009, 'the message is too long', false);
            if (xhr.status !== 204 && xhr.status !== 200) return self.close(1006, '', false);
            self.heard.on_sent(bytes);
            self.post();
        };
        xhr.onerror = function () {
            self.sender = null;
            self.close(1006, '', false);
        };
        xhr.send(JSON.stringify(this.waiting.splice(0, count)));
    };

    Channel.prototype.is_idle = function () {
        return !this.sender && this.waiting.length === 0;
    };

    // A request has failed. What is in the way of streams may let polls through; what the server
    // has refused it would refuse again.
    Channel.prototype.fail = function (status) {
        if (this.is_open || !this.is_stream || (status !== 0 && status < 500)) {
            return this.close(1006, '', false);
        }
        this.end();
        this.heard.on_blocked();
    };
    Channel.prototype.close = function (code, reason, is_clean) {
        if (this.is_over) return;
        this.end();
        this.heard.on_close(code, reason, is_clean);
    };
    // Ends it without a word: the server sees its receiver go.
    Channel.prototype.end = function () {
        this.is_over = true;
        global.clearTimeout(this.open_timer);
        global.clearTimeout(this.silence_timer);
        var receiver = this.receiver;
        var sender = this.sender;
        this.receiver = this.sender = null;
        if (sender) sender.onload = sender.onerror = null;
        if (receiver) receiver.abort();
        if (sender) sender.abort();
    };

    // -- the WebSocket of the page ---------------------------------------------------------------

    function WebSocket(url, protocols) {
        if (!(this instanceof WebSocket)) throw new TypeError('WebSocket is a constructor: use new');
        if (arguments.length === 0) throw new TypeError('WebSocket needs a URL');
        var parts = parse(url);
        var self = this;
        var list = check_protocols(protocols);
        var s = {
            url: parts, protocols: list, state: CONNECTING, protocol: '', extensions: '', buffered: 0,
            binary: 'blob', native: null, channel: null, listeners: {}, ways: transports.slice()
        };
        Object.defineProperty(this, 'inner', { value: s });
        this.onopen = this.onmessage = this.onerror = this.onclose = null;
        if (!native) drop(s.ways, 'websocket');
        s.known = recall(parts.origin);
        if (s.known && s.ways.indexOf(s.known) !== -1) {
            s.ways = s.ways.slice(s.ways.indexOf(s.known));
        }
        // What is wrong with a WebSocket at once is the page's mistake: no other way is tried.
        if (s.ways[0] === 'websocket') try_native(this);
        else global.setTimeout(function () { try_next(self); }, 0);
    }

    function drop(list, name) {
        var at = list.indexOf(name);
        if (at !== -1) list.splice(at, 1);
    }

    // The handler first, then the listeners, in their order.
    function tell(socket, type, members) {
        var e = make_event(type, members);
        ['target', 'currentTarget', 'srcElement'].forEach(function (name) {
            try {
                Object.defineProperty(e, name, { value: socket, configurable: true });
            } catch (old_browser) { /* it stays null */ }
        });
        call_all(socket, e);
    }
    function call_all(socket, e) {
        var all = (socket.inner.listeners[e.type] || []).slice();
        if (typeof socket['on' + e.type] === 'function') {
            all.unshift({ to: socket['on' + e.type] });
        }
        all.forEach(function (one) {
            if (one.once) socket.removeEventListener(e.type, one.to);
            try {
                if (typeof one.to === 'function') one.to.call(socket, e);
                else one.to.handleEvent(e);
            } catch (thrown) {
                // The page's mistake is the page's: it is reported, and the socket goes on.
                global.setTimeout(function () { throw thrown; }, 0);
            }
        });
    }

    function opened(socket, protocol) {
        var s = socket.inner;
        if (s.state !== CONNECTING) return;  // the page has closed it meanwhile
        s.state = OPEN;
        s.protocol = protocol;
        tell(socket, 'open', {});
    }
    function ended(socket, code, reason, is_clean) {
        var s = socket.inner;
        if (s.state === CLOSED) return;
        s.state = CLOSED;
        global.clearTimeout(s.timer);
        if (!is_clean) tell(socket, 'error', {});
        tell(socket, 'close', { code: code, reason: reason || '', wasClean: is_clean });
    }

    function try_next(socket) {
        var s = socket.inner;
        if (s.state === CLOSED) return;
        if (s.state === CLOSING || s.ways.length === 0) return ended(socket, 1006, '', false);
        if (s.ways[0] === 'websocket') return try_native(socket);
        try_channel(socket, s.ways[0]);
    }

    function try_native(socket) {
        var s = socket.inner;
        var ws = s.native = s.protocols.length !== 0 ? new native(s.url.ws, s.protocols)
            : new native(s.url.ws);
        ws.binaryType = s.binary;
        function give_up() {
            global.clearTimeout(s.timer);
            ws.onopen = ws.onmessage = ws.onerror = ws.onclose = null;
            s.native = null;
            drop(s.ways, 'websocket');
            try_next(socket);
        }
        ws.onopen = function () {
            global.clearTimeout(s.timer);
            remember(s.url.origin, null);
            s.extensions = ws.extensions || '';
            opened(socket, ws.protocol || '');
        };
        ws.onmessage = function (e) {
            tell(socket, 'message', { data: e.data, origin: e.origin });
        };
        ws.onerror = function () { /* what it was about is known when it closes */ };
        ws.onclose = function (e) {
            if (s.state === CONNECTING) return give_up();
            ended(socket, e.code, e.reason, e.wasClean);
        };
        s.timer = global.setTimeout(function () {
            if (s.state !== CONNECTING) return;
            try {
                ws.close();
            } catch (odd) { /* it is not used any more in any case */ }
            give_up();
        }, open_timeout);
    }

    function try_channel(socket, way) {
        var s = socket.inner;
        function next() {
            s.channel = null;
            drop(s.ways, way);
            if (way === s.known) remember(s.url.origin, null);
            try_next(socket);
        }
        s.channel = new Channel(s.url, s.protocols, way === 'xhr-streaming', {
            on_open: function (protocol) {
                if (transports.indexOf('websocket') !== -1) remember(s.url.origin, way);
                opened(socket, protocol);
            },
            on_message: function (text) {
                if (s.state === OPEN) tell(socket, 'message', { data: text, origin: s.url.origin });
            },
            on_sent: function (bytes) {
                s.buffered -= bytes;
                if (s.state === CLOSING && s.channel.is_idle()) s.say_goodbye();
            },
            on_blocked: next,
            on_close: function (code, reason, is_clean) {
                // A server that does not take it is not asked another way: it would say the same.
                if (s.state === CONNECTING) remember(s.url.origin, null);
                ended(socket, code, reason, is_clean);
            }
        });
    }

    var proto = WebSocket.prototype;
    function getter(name, get, set) {
        Object.defineProperty(proto, name, {
            get: get, set: set, enumerable: true, configurable: true
        });
    }
    getter('url', function () { return this.inner.url.ws; });
    getter('readyState', function () {
        var s = this.inner;
        return s.native && s.state === OPEN ? s.native.readyState : s.state;
    });
    getter('protocol', function () { return this.inner.protocol; });
    getter('extensions', function () { return this.inner.extensions; });
    getter('bufferedAmount', function () {
        var s = this.inner;
        return s.native ? s.native.bufferedAmount : s.buffered;
    });
    getter('binaryType', function () { return this.inner.binary; }, function (kind) {
        if (kind !== 'blob' && kind !== 'arraybuffer') return;
        this.inner.binary = kind;
        if (this.inner.native) this.inner.native.binaryType = kind;
    });

    proto.send = function (data) {
        var s = this.inner;
        if (arguments.length === 0) throw new TypeError('send needs a message');
        if (s.state === CONNECTING) {
            throw failure('InvalidStateError', 'send: the WebSocket is still connecting');
        }
        if (s.native) return s.native.send(data);
        var is_binary = data && typeof data === 'object' &&
            (/^\[object (ArrayBuffer|SharedArrayBuffer|Blob|File)\]$/.test(
                Object.prototype.toString.call(data)) || global.ArrayBuffer.isView(data));
        if (is_binary) {
            global.setTimeout(function () {
                if (s.channel) s.channel.close(1003, 'over HTTP only text can be sent', false);
            }, 0);
            return;
        }
        var text = String(data);
        s.buffered += utf8_length(text);
        if (s.state === OPEN) s.channel.send(text);
    };

    proto.close = function (code, reason) {
        var s = this.inner;
        var self = this;
        if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
            throw failure('InvalidAccessError', 'close: the code is neither 1000 nor 3000 to 4999');
        }
        var text = reason === undefined ? '' : String(reason);
        if (utf8_length(text) > 123) {
            throw failure('SyntaxError', 'close: the reason is longer than 123 bytes');
        }
        if (s.state >= CLOSING) return;
        if (s.native && s.state === OPEN) {
            s.state = CLOSING;
            if (code === undefined) s.native.close();
            else s.native.close(code, text);
            return;
        }
        var was_open = s.state === OPEN;
        s.state = CLOSING;
        global.clearTimeout(s.timer);
        s.say_goodbye = function () {
            global.clearTimeout(s.timer);
            if (s.channel) s.channel.end();
            if (s.native) {
                s.native.onopen = s.native.onclose = null;
                s.native.close();
            }
            if (was_open) ended(self, code === undefined ? 1005 : code, text, true);
            else ended(self, 1006, '', false);
        };
        var must_flush = was_open && !s.channel.is_idle();
        s.timer = global.setTimeout(s.say_goodbye, must_flush ? flush_limit : 0);
    };

    proto.addEventListener = function (type, to, options) {
        if (!to) return;
        var list = this.inner.listeners[type] || (this.inner.listeners[type] = []);
        for (var i = 0; i < list.length; ++i) if (list[i].to === to) return;
        list.push({ to: to, once: !!(options && options.once) });
    };
    proto.removeEventListener = function (type, to) {
        var list = this.inner.listeners[type] || [];
        for (var i = 0; i < list.length; ++i) if (list[i].to === to) return void list.splice(i, 1);
    };
    proto.dispatchEvent = function (e) {
        call_all(this, e);
        return !e.defaultPrevented;
    };
    // "websocket", "xhr-streaming" or "xhr-polling": what carries it, or is being tried.
    getter('transport', function () {
        return this.inner.native ? 'websocket' : this.inner.ways[0] || '';
    });

    [WebSocket, proto].forEach(function (o) {
        [['CONNECTING', CONNECTING], ['OPEN', OPEN], ['CLOSING', CLOSING], ['CLOSED', CLOSED]]
            .forEach(function (c) { Object.defineProperty(o, c[0], { value: c[1], enumerable: true }); });
    });
    WebSocket.is_anywire = true;
    WebSocket.native = native;
    global.WebSocket = WebSocket;
})(typeof window !== 'undefined' ? window : this);
