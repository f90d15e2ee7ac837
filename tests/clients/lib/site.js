'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { temp_dir } = require('./temp');

const page = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Anywire client tests</title>
    <link rel="icon" href="data:,">
    <script src="sockjs.js"></script>
    <script src="checks.js"></script>
</head>
<body></body>
</html>
`;

// A folder for --static: the page, the unmodified sockjs-client and the checks it runs. SockJS
// iframe pages load /static/sockjs.js as well, so that page and iframe run the same client.
function make_site() {
    const dir = temp_dir('site');
    const client = path.join(__dirname, '../node_modules/sockjs-client/dist/sockjs.js');
    if (!fs.existsSync(client)) {
        throw new Error(
            'the npm package sockjs-client is missing: run "npm ci" in tests/clients first');
    }
    fs.copyFileSync(client, path.join(dir, 'sockjs.js'));
    fs.copyFileSync(path.join(__dirname, 'checks.js'), path.join(dir, 'checks.js'));
    fs.writeFileSync(path.join(dir, 'page.html'), page);
    return dir;
}

module.exports = { make_site };
