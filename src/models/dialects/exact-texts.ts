/**
 * How texts of a table of MySQL are compared: by their characters, as on the other databases, and not without case,
 * accents and spaces at the end. MariaDB and MySQL have other names for it; each reads the comment that is meant for it.
 */
export const EXACT_TEXTS = "/*M!100200 collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */";
