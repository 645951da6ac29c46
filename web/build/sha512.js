// What the browser hashes passwords with; web/static/sha512crypt.js imports it from the vendor folder.

export {sha512} from "@noble/hashes/sha2.js"
