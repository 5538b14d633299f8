//! Checks the certificates of a key before they are sent.

use chrono::{DateTime, Utc};

use super::certificate::{Certificate, X509};
use super::certificate_error::{CertificateError, LONGEST_CHAIN};
use super::certificate_file::parse;
use crate::client::SigningKey;

/// A business certificate and its issuers, which have been checked.
#[derive(Debug)]
pub struct Chain {
    /// The facts in the business certificate.
    pub leaf: Certificate,
    /// The certificates in DER: the business certificate, and then its issuers up to the root.
    pub certificates: Vec<Vec<u8>>,
}

impl Chain {
    /// Finds the certificate of the key, puts its issuers in order, and checks the chain. Other certificates are left
    /// out. The root may be missing, because the server has it (RFC 7515, section 4.1.6; RFC 5280, section 6.1).
    ///
    /// # Errors
    /// Returns an error if no certificate belongs to the key, if the certificate is not valid at `now` or names no
    /// organisation, or if its chain of issuers is not complete.
    pub fn check(certificates: Vec<Vec<u8>>, key: &SigningKey, now: DateTime<Utc>) -> Result<Self, CertificateError> {
        if certificates.len() > LONGEST_CHAIN {
            return Err(CertificateError::TooMany { count: certificates.len() });
        }
        let mut all: Vec<X509> = Vec::new();
        for (nth, der) in certificates.iter().enumerate() {
            let certificate = parse(der, nth + 1)?;
            if all.iter().all(|other| other.der != certificate.der) {
                all.push(certificate);
            }
        }
        let leaf = leaf(&all, key, now)?;
        let path = path(&all, leaf, now)?;
        let certificates = path.into_iter().map(|nth| all[nth].der.clone()).collect();
        Ok(Self { leaf: all.swap_remove(leaf).facts, certificates })
    }
}

/// The facts in the certificate of a key, even if it cannot be used. If no certificate belongs to the key, or the key is
/// not known, the facts in the first certificate that is not a CA's.
pub fn business_certificate(certificates: &[Vec<u8>], key: Option<&SigningKey>) -> Option<Certificate> {
    let all: Vec<X509> = certificates.iter().filter_map(|der| X509::parse(der)).collect();
    let own = all.iter().find(|certificate| key.is_some_and(|key| certificate.belongs_to(key)));
    own.or_else(|| all.iter().find(|certificate| !certificate.facts.is_authority)).map(|found| found.facts.clone())
}

/// The place of the key's certificate. If there are several, the certificate that can be used is preferred, and then
/// the certificate that is valid the longest.
fn leaf(all: &[X509], key: &SigningKey, now: DateTime<Utc>) -> Result<usize, CertificateError> {
    let preference = |certificate: &X509| {
        let facts = &certificate.facts;
        let is_business = !certificate.is_self_signed() && !facts.is_authority;
        (is_business, certificate.is_valid_at(now), facts.organisation.is_some(), facts.can_sign, facts.not_after)
    };
    let own = (0..all.len()).filter(|nth| all[*nth].belongs_to(key)).max_by_key(|nth| preference(&all[*nth]));
    let Some(nth) = own else {
        let other = all.iter().find(|other| !other.facts.is_authority).or(all.first());
        let other = other.ok_or(CertificateError::Missing)?;
        let subject = other.facts.subject.clone();
        return Err(match other.other_key_kind() {
            Some(kind) => CertificateError::NotRsa { subject, kind },
            None => CertificateError::OtherKey { subject },
        });
    };
    let (certificate, Certificate { not_before: from, not_after: on, .. }) = (&all[nth], all[nth].facts.clone());
    let subject = certificate.facts.subject.clone();
    match () {
        () if certificate.is_self_signed() => Err(CertificateError::SelfSigned { subject }),
        () if certificate.facts.is_authority => Err(CertificateError::Authority { subject }),
        () if on < now => Err(CertificateError::Expired { subject, on }),
        () if from > now => Err(CertificateError::NotYetValid { subject, from }),
        () if certificate.facts.organisation.is_none() => Err(CertificateError::NoOrganisation { subject }),
        () => Ok(nth),
    }
}

/// The places of the leaf and its issuers. The search visits each certificate once, the nearest first, so that the path
/// to a root is short and a circle of issuers ends.
fn path(all: &[X509], leaf: usize, now: DateTime<Utc>) -> Result<Vec<usize>, CertificateError> {
    // The issuers that were found, each with the position of the certificate that it issued.
    let mut found = vec![(leaf, 0)];
    let (mut end, mut fault, mut next) = (None, None, 0);
    while let Some((nth, _)) = found.get(next).copied() {
        let certificate = &all[nth];
        if certificate.is_self_signed() {
            return Ok(back_to_the_leaf(&found, next));
        }
        let named: Vec<usize> = (0..all.len()).filter(|issuer| certificate.names_as_issuer(&all[*issuer])).collect();
        if named.is_empty() {
            end = Some(next);
        }
        for issuer in named {
            match refused(certificate, &all[issuer], now) {
                Some(refused) => fault = fault.or(Some(refused)),
                None if found.iter().any(|(known, _)| *known == issuer) => {}
                None => found.push((issuer, next)),
            }
        }
        next += 1;
    }
    let is_found = |root: &usize| found.iter().any(|(known, _)| known == root);
    // A root that issued none of the found certificates indicates a missing intermediate certificate.
    let has_other_root = (0..all.len()).any(|nth| all[nth].is_self_signed() && all[nth].may_issue() && !is_found(&nth));
    let missing = |position: usize| {
        let Certificate { subject, issuer, .. } = all[found[position].0].facts.clone();
        CertificateError::MissingIssuer { subject, issuer }
    };
    match end {
        Some(end) if end > 0 && !has_other_root => Ok(back_to_the_leaf(&found, end)),
        _ => Err(fault.unwrap_or_else(|| match end {
            Some(end) => missing(end),
            None => CertificateError::Circle { subject: all[leaf].facts.subject.clone() },
        })),
    }
}

fn back_to_the_leaf(found: &[(usize, usize)], end: usize) -> Vec<usize> {
    let mut path = vec![found[end].0];
    let mut position = end;
    while position > 0 {
        position = found[position].1;
        path.push(found[position].0);
    }
    path.reverse();
    path
}

/// The reason why the named issuer cannot have issued the certificate. The dates of a root are not checked
/// (RFC 5280, section 6.1).
fn refused(certificate: &X509, issuer: &X509, now: DateTime<Utc>) -> Option<CertificateError> {
    let name = || issuer.facts.subject.clone();
    let (subject, issued_by) = (certificate.facts.subject.clone(), name());
    match (issuer.facts.not_before, issuer.facts.not_after) {
        _ if !issuer.may_issue() => Some(CertificateError::NotAnAuthority { subject, issuer: issued_by }),
        _ if !certificate.may_be_signed_by(issuer) => {
            Some(CertificateError::WrongSignature { subject, issuer: issued_by })
        }
        _ if issuer.is_self_signed() => None,
        (_, on) if on < now => Some(CertificateError::IssuerExpired { subject: name(), on }),
        (from, _) if from > now => Some(CertificateError::IssuerNotYetValid { subject: name(), from }),
        _ => None,
    }
}
