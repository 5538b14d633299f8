// Creates the known answers in this folder with another JOSE implementation. Run `npm install jose@6.2.17`, then
// `node grant.mjs`, in this folder. README.md describes the files.
import { readFileSync, writeFileSync } from 'node:fs';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint } from 'jose';

const key = createPrivateKey(readFileSync('key.pkcs8.pem'));
const jwk = { ...key.export({ format: 'jwk' }), kid: 'tests' };
writeFileSync('key.jwk.json', JSON.stringify(jwk, null, 2) + '\n');
writeFileSync('key.thumbprint.txt', (await calculateJwkThumbprint(jwk)) + '\n');

const claims = (details) => ({
  aud: 'https://test.maskinporten.no/',
  scope: 'altinn:systembruker.demo',
  iss: '7ee41fce-9f6e-4c32-8195-0fe2c1517f43',
  exp: 1700000120,
  iat: 1700000000,
  jti: '11111111-2222-4333-8444-555555555555',
  ...details,
});
const systemUser = (externalRef) => ({
  authorization_details: [
    {
      type: 'urn:altinn:systemuser',
      systemuser_org: { authority: 'iso6523-actorid-upis', ID: '0192:210493352' },
      ...externalRef,
    },
  ],
});
const sign = (alg, details, header = { kid: 'tests' }, by = key) =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(claims(details))))
    .setProtectedHeader({ typ: 'JWT', alg, ...header })
    .sign(by);

writeFileSync('grant.rs256.jwt', await sign('RS256', systemUser({})));
writeFileSync('grant.rs384.jwt', await sign('RS384', systemUser({})));
writeFileSync('grant.rs512.jwt', await sign('RS512', systemUser({})));
writeFileSync('grant.external-ref.jwt', await sign('RS256', systemUser({ externalRef: 'customer-42' })));
writeFileSync('grant.resource.jwt', await sign('RS256', { resource: ['https://api.example.no'], ...systemUser({}) }));
writeFileSync('grant.plain.jwt', await sign('RS256', {}));

// The sandbox's certificate belongs to the example key.
const example = createPrivateKey(readFileSync('../../mp-key.pem.example'));
const pem = readFileSync('../../config/sandbox-certificate.pem', 'utf8');
const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
const x5c = blocks.map((block) => new X509Certificate(block).raw.toString('base64'));
writeFileSync('grant.x5c.rs256.jwt', await sign('RS256', systemUser({}), { x5c }, example));
writeFileSync('grant.x5c.rs512.jwt', await sign('RS512', systemUser({}), { x5c }, example));
