/*
 * A security key in software, for OpenSSH's ssh-sk-helper (sk-api.h of OpenSSH 8.9 to 10): the key handle is the private
 * key. What the person does stands in the file STATE: "touch", "nothing" (signs without a touch), "pin" (touch and PIN) or
 * "absent".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#define ED25519 1
#define ERR_GENERAL -1
#define ERR_DEVICE_NOT_FOUND -4
#define TOUCHED 1
#define VERIFIED 4

struct enroll_response {
  uint8_t flags;
  uint8_t *public_key; size_t public_key_len;
  uint8_t *key_handle; size_t key_handle_len;
  uint8_t *signature; size_t signature_len;
  uint8_t *attestation_cert; size_t attestation_cert_len;
  uint8_t *authdata; size_t authdata_len;
};

struct sign_response {
  uint8_t flags;
  uint32_t counter;
  uint8_t *sig_r; size_t sig_r_len;
  uint8_t *sig_s; size_t sig_s_len;
};

struct option;

uint32_t sk_api_version(void) { return API_VERSION; }

static int what_is_done(void) {
  char word[16] = "";
  FILE *file = fopen(STATE, "r");
  if (file == NULL) return ERR_GENERAL;
  if (fscanf(file, "%15s", word) != 1) word[0] = 0;
  fclose(file);
  if (strcmp(word, "nothing") == 0) return 0;
  if (strcmp(word, "touch") == 0) return TOUCHED;
  if (strcmp(word, "pin") == 0) return TOUCHED | VERIFIED;
  return ERR_DEVICE_NOT_FOUND;
}

static uint8_t *copy(const uint8_t *bytes, size_t length) {
  uint8_t *made = malloc(length);
  if (made != NULL) memcpy(made, bytes, length);
  return made;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
    const char *pin, struct option **options, struct enroll_response **out) {
  uint8_t secret[32], point[65];
  size_t length = sizeof point;
  if (alg == ED25519) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    size_t size = sizeof secret;
    length = 32;
    if (EVP_PKEY_get_raw_private_key(key, secret, &size) != 1) return ERR_GENERAL;
    if (EVP_PKEY_get_raw_public_key(key, point, &length) != 1) return ERR_GENERAL;
    EVP_PKEY_free(key);
  } else {
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    if (EC_KEY_generate_key(key) != 1) return ERR_GENERAL;
    if (EC_POINT_point2oct(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), POINT_CONVERSION_UNCOMPRESSED, point,
          sizeof point, NULL) != sizeof point) return ERR_GENERAL;
    BN_bn2binpad(EC_KEY_get0_private_key(key), secret, sizeof secret);
    EC_KEY_free(key);
  }
  struct enroll_response *made = calloc(1, sizeof *made);
  if (made == NULL) return ERR_GENERAL;
  made->flags = flags;
  made->public_key = copy(point, length);
  made->public_key_len = length;
  made->key_handle = copy(secret, sizeof secret);
  made->key_handle_len = sizeof secret;
  *out = made;
  return 0;
}

/* PROTOCOL.u2f: SHA-256 of the application, flags, counter, SHA-256 of the message. */
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *handle,
    size_t handle_len, uint8_t flags, const char *pin, struct option **options, struct sign_response **out) {
  static uint32_t counter = 6;
  uint8_t text[69], signature[64];
  int done = what_is_done();
  if (done < 0) return done;
  counter++;
  SHA256((const uint8_t *)application, strlen(application), text);
  text[32] = (uint8_t)done;
  text[33] = counter >> 24; text[34] = counter >> 16; text[35] = counter >> 8; text[36] = counter;
  SHA256(data, data_len, text + 37);
  struct sign_response *made = calloc(1, sizeof *made);
  if (made == NULL || handle_len != 32) return ERR_GENERAL;
  made->flags = (uint8_t)done;
  made->counter = counter;
  if (alg == ED25519) {
    size_t size = sizeof signature;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, handle, handle_len);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1) return ERR_GENERAL;
    if (EVP_DigestSign(context, signature, &size, text, sizeof text) != 1) return ERR_GENERAL;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    made->sig_r = copy(signature, made->sig_r_len = sizeof signature);
  } else {
    uint8_t hash[32];
    SHA256(text, sizeof text, hash);
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *secret = BN_bin2bn(handle, (int)handle_len, NULL);
    EC_KEY_set_private_key(key, secret);
    ECDSA_SIG *pair = ECDSA_do_sign(hash, sizeof hash, key);
    if (pair == NULL) return ERR_GENERAL;
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    made->sig_r = copy(signature, made->sig_r_len = 32);
    made->sig_s = copy(signature + 32, made->sig_s_len = 32);
    ECDSA_SIG_free(pair);
    BN_free(secret);
    EC_KEY_free(key);
  }
  *out = made;
  return 0;
}

int sk_load_resident_keys(const char *pin, struct option **options, void ***keys, size_t *count) {
  *keys = NULL;
  *count = 0;
  return 0;
}
